"""Take windows apart: restored frames hang on one frame a window, and come off it one by one."""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction
from typing import TYPE_CHECKING

import numpy as np
import vapoursynth as vs

from vsfilter.engine.blend import crossfade
from vsfilter.vapoursynth.translation import Props, read_rgb, write_planes

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from vsfilter.window import Grid

_RESTORED = "VsfilterRestored"


def carry_frames(restored: NDArray[np.float32], props: Sequence[Props]) -> vs.VideoFrame:
    """Make the frame on which the restored frames of a window hang as properties.

    Args:
        restored: Pictures (n, 3, h, w), RGB.
        props: The properties of each.
    """
    carrier = vs.core.create_video_frame(vs.GRAY8, 1, 1)
    _, _, height, width = restored.shape
    for index, (picture, own) in enumerate(zip(restored, props, strict=True)):
        frame = vs.core.create_video_frame(vs.RGBS, width, height)
        write_planes(frame, picture)
        frame.props.update(own)
        carrier.props[f"{_RESTORED}{index}"] = frame
    return carrier


def frames_of_windows(
    windows: vs.VideoNode, clip: vs.VideoNode, grid: Grid, *, size: tuple[int, int]
) -> vs.VideoNode:
    """Give the restored frames one by one, in RGBS, crossfaded where windows are blended.

    Args:
        windows: Frame k is what `carry_frames` made of window k.
        clip: The clip that was restored, whose frame rate and length the result has.
        grid: Where the windows lie.
        size: Columns and rows of the restored frames, in px.
    """
    frame_count = clip.num_frames
    width, height = size
    template = vs.core.std.BlankClip(
        clip, format=vs.RGBS, width=width, height=height, length=windows.num_frames, keep=True
    )

    def take(window_index: int, carrier: vs.VideoFrame, frame: int) -> vs.VideoFrame:
        lead = grid.window(window_index, frame_count).lead
        return carrier.props[f"{_RESTORED}{frame - lead}"]

    def position_node(position: int) -> vs.VideoNode:
        def select(n: int, f: vs.VideoFrame) -> vs.VideoFrame:
            return take(n, f, n * grid.core + position)

        def mix(n: int, f: list[vs.VideoFrame]) -> vs.VideoFrame:
            frame = n * grid.core + position
            weight = grid.blend_weight(frame, frame_count)
            earlier = take(n, f[0], frame)
            return _mix(earlier, take(n + 1, f[1], frame), weight) if weight else earlier

        if windows.num_frames > 1 and position >= grid.core - grid.blend:
            return vs.core.std.ModifyFrame(template, [windows, windows.std.Trim(first=1)], mix)
        return vs.core.std.ModifyFrame(template, windows, select)

    positions = [position_node(position) for position in range(grid.core)]
    for node in positions:
        node.std.SetVideoCache(mode=0)
    restored = vs.core.std.Interleave(positions, modify_duration=False)
    return restored.std.Trim(length=frame_count)


def _mix(earlier: vs.VideoFrame, later: vs.VideoFrame, weight: Fraction) -> vs.VideoFrame:
    mixed = earlier.copy()
    write_planes(mixed, crossfade(read_rgb(earlier), read_rgb(later), weight))
    return mixed
