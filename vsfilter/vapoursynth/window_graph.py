"""Build the VapourSynth graph that restores a clip window by window.

    clip ─ to_rgb ─ shifted clips ─ windows ─ positions 0..core-1 ─ Interleave ─ resize ─ from_rgb

Frame k of the node `windows` is window k of the grid: its inputs are clips that show the frames of
the window side by side, and its restored frames hang on it as properties. Whatever is asked for, in
whatever order, on however many threads, a window is the same, and it is computed once while it is
in the cache. Nothing asks for a frame inside a callback (that deadlocks), and nothing is computed
while the graph is built.

Memory: requests run ahead of the slowest one, by up to 4 * threads frames where frames are quick,
and no window may have left the cache by then. So it holds 1 + ceil(4 * threads / core) windows (two
more where they are blended) of 12 bytes per restored pixel, for large frames, which are slow,
1 + ceil(threads / core); 2 * context + threads source frames; and as many results as may be asked
for behind the newest one; less of all where memory is short (`graph_caches`). Windows and tiles are
chosen before and do not depend on it, so that no frame does. Every cache has its size from here:
one that VapourSynth sizes grows whenever a frame is asked for again.
"""

from __future__ import annotations

import logging
from collections.abc import Collection, Sequence
from typing import TYPE_CHECKING, Protocol

import numpy as np
import vapoursynth as vs

from vsfilter.colour import SOURCE_PREFIX, from_rgb, resize_rgb, to_rgb
from vsfilter.scene_changes import find_cuts
from vsfilter.vapoursynth.alpha import resize_alpha
from vsfilter.vapoursynth.graph_caches import GraphCaches, GraphSize
from vsfilter.vapoursynth.translation import pixel_format, read_rgb
from vsfilter.vapoursynth.window_frames import carry_frames, frames_of_windows
from vsfilter.window import Grid, Window

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from vsfilter.engine.settings import Cuts

log = logging.getLogger(__name__)


class WindowRestorer(Protocol):
    """What the graph needs of `vsfilter.engine.restorer.Restorer`."""

    @property
    def grid(self) -> Grid:
        """Where the windows lie."""

    @property
    def scale(self) -> int:
        """How many times larger the output is."""

    def restore(
        self, window: Window, frames: Sequence[NDArray[np.float32]], cuts: Collection[int]
    ) -> NDArray[np.float32]:
        """Restore frames `window.lead` to `window.core_stop`."""

    def room_for(self, wished: int) -> int:
        """Give how many of so many bytes may be kept beside two windows."""


def build_graph(
    clip: vs.VideoNode, restorer: WindowRestorer, *, cuts: Cuts, size: tuple[int, int] | None = None
) -> vs.VideoNode:
    """Give the restored clip, in the format of the clip and with its properties.

    Args:
        clip: Of constant format and size.
        restorer: Restores windows.
        cuts: Where shots begin; see `vsfilter.engine.settings.Settings`.
        size: Columns and rows of the result, in px; None for what the restorer gives.
    """
    size_px = (clip.width * restorer.scale, clip.height * restorer.scale)
    width, height = size or size_px
    caches = _choose_caches(clip, restorer, (width, height))
    windows = _window_node(clip, restorer, cuts, caches)
    restored = frames_of_windows(windows, clip, restorer.grid, size=size_px)
    resized = resize_rgb(restored, width=width, height=height)
    if resized is not restored:
        restored.std.SetVideoCache(mode=0)
    result = from_rgb(resize_alpha(resized, clip), pixel_format(clip.format))
    for node in (resized, result):
        node.std.SetVideoCache(mode=1, fixedsize=1, maxsize=caches.results)
    return result


def _choose_caches(
    clip: vs.VideoNode, restorer: WindowRestorer, size: tuple[int, int]
) -> GraphCaches:
    source_px, result_px = clip.width * clip.height, size[0] * size[1]
    chroma = (clip.format.num_planes - 1) / (
        1 << clip.format.subsampling_w + clip.format.subsampling_h
    )
    graph = GraphSize(
        grid=restorer.grid,
        source_px=source_px,
        restored_px=source_px * restorer.scale**2,
        result_px=result_px,
        result_bytes=int(result_px * clip.format.bytes_per_sample * (1 + chroma)),
    )
    return GraphCaches.choose(graph, threads=int(vs.core.num_threads), room=restorer.room_for)


def _window_node(
    clip: vs.VideoNode, restorer: WindowRestorer, cuts: Cuts, caches: GraphCaches
) -> vs.VideoNode:
    """Give the clip whose frame k carries the restored frames of window k."""
    grid, frame_count = restorer.grid, clip.num_frames

    def restore(n: int, f: vs.VideoFrame | list[vs.VideoFrame]) -> vs.VideoFrame:
        window = grid.window(n, frame_count)
        shown = f if isinstance(f, list) else [f]
        first = n * grid.core - grid.context  # number of the frame that the first input shows
        sources = shown[window.start - first : window.stop - first]
        try:
            return _restore_window(window, sources, restorer, cuts)
        except Exception as error:  # the plugin border: a model may raise anything
            log.debug("window %d failed", n, exc_info=True)
            # VapourSynth prints the whole chain; the cause is in the debug log
            raise vs.Error(
                f"upscale: window {n} (frames {window.start} to {window.stop - 1}): {error}"
            ) from None

    count = grid.count(frame_count)
    template = vs.core.std.BlankClip(format=vs.GRAY8, width=1, height=1, length=count, keep=True)
    shifted = _shifted_clips(clip, grid, kept=caches.sources)
    windows = vs.core.std.ModifyFrame(template, shifted, restore)
    if caches.windows:
        windows.std.SetVideoCache(mode=1, fixedsize=1, maxsize=caches.windows)
    else:
        windows.std.SetVideoCache(mode=0)
    return windows


def _shifted_clips(clip: vs.VideoNode, grid: Grid, *, kept: int) -> list[vs.VideoNode]:
    """Give one clip for each place in a window; frame k of it is what window k has there.

    Places before the first and after the last frame show that frame; the plan drops them.
    """
    rgb = to_rgb(clip)
    rgb.std.SetVideoCache(mode=1, fixedsize=1, maxsize=kept)
    last = clip.num_frames - 1
    doubled = [0] * grid.context + [last] * (grid.core + grid.context)
    padded = vs.core.std.DuplicateFrames(rgb, doubled)
    shifted = [padded.std.Trim(first=place) for place in range(grid.core + 2 * grid.context)]
    selected = shifted
    if grid.core > 1:  # SelectEvery refuses a cycle of one frame
        selected = [each.std.SelectEvery(grid.core, 0, modify_duration=False) for each in shifted]
    for node in (padded, *shifted, *selected):
        node.std.SetVideoCache(mode=0)
    return selected


def _restore_window(
    window: Window, sources: Sequence[vs.VideoFrame], restorer: WindowRestorer, cuts: Cuts
) -> vs.VideoFrame:
    props = [dict(source.props) for source in sources]
    for number, each in enumerate(props, window.start):
        if each.get(SOURCE_PREFIX + "_FieldBased"):
            raise vs.Error(f"frame {number} is interlaced: deinterlace the clip first")
    frames = [read_rgb(source) for source in sources]
    restored = restorer.restore(window, frames, find_cuts(window, frames, props, cuts))
    return carry_frames(
        restored, props[window.lead - window.start : window.core_stop - window.start]
    )
