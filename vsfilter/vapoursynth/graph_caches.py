"""How many windows and frames the graph of a script keeps, so that they fit into memory."""

from __future__ import annotations

import logging
from collections.abc import Callable
from dataclasses import dataclass

from vsfilter.window import Grid

log = logging.getLogger(__name__)

COUNTED_WINDOWS = 2
"""Restored windows that are kept by any front end, and settled with the windows themselves."""
_SAMPLE_BYTES = 12
"""An RGB pixel in float32."""
_USUAL_BYTES = 512 * 2**20
"""Frames beyond one for each thread are kept as long as they take no more than this."""
_AHEAD = 4
"""How far the newest frame may be ahead of the oldest one that is wanted, in numbers of threads:
VapourSynth asks for one for each thread, while three for each wait for their turn."""


@dataclass(frozen=True, slots=True, kw_only=True)
class GraphSize:
    """What decides how much a frame and a window of a graph take.

    Attributes:
        grid: Its windows.
        source_px: Pixels of a frame of the clip.
        restored_px: Pixels of a restored frame.
        result_px: Pixels of a frame of the result.
        result_bytes: Bytes of a frame of the result.
    """

    grid: Grid
    source_px: int
    restored_px: int
    result_px: int
    result_bytes: int

    @property
    def is_resized(self) -> bool:
        """Whether the result has another size than what is restored."""
        return self.result_px != self.restored_px


@dataclass(frozen=True, slots=True, kw_only=True)
class GraphCaches:
    """What a graph keeps. No frame depends on it: what is gone is made again.

    Attributes:
        windows: Restored windows; none where each has one frame, which is kept by itself.
        sources: Frames of the clip, in RGB.
        results: Frames of the result, and the same in RGB.
    """

    windows: int
    sources: int
    results: int

    @classmethod
    def choose(cls, size: GraphSize, *, threads: int, room: Callable[[int], int]) -> GraphCaches:
        """Keep all that may be asked for again, or as much of it as there is memory for.

        A script lets frames come out of order by `_AHEAD` where they are quick. Windows of a slow
        model come in order, so that it restores each of them once with less too.

        Args:
            size: What a frame and a window take.
            threads: How many threads ask for frames.
            room: Gives how many of so many bytes there are, beside `COUNTED_WINDOWS`.
        """
        most = _AHEAD * threads
        wished = cls._of(size, threads, most)
        left = room(wished.bytes(size))
        fitting = (n for n in range(most, 1, -1) if cls._of(size, threads, n).bytes(size) <= left)
        ahead = next(fitting, 1)
        if ahead < threads:
            log.warning(
                "memory: %d of the frames that %d threads ask for at once are kept; set "
                "core.num_threads to %d, else windows may be restored twice, and more memory used",
                ahead,
                threads,
                ahead,
            )
        return cls._of(size, threads, ahead)

    @classmethod
    def _of(cls, size: GraphSize, threads: int, most: int) -> GraphCaches:
        """Keep what may be asked for behind the newest frame, of each kind `most` at most."""

        def ahead(frame_px: int) -> int:
            usual = min(_AHEAD * threads, _USUAL_BYTES // (_SAMPLE_BYTES * frame_px))
            return min(most, max(threads, usual))

        grid = size.grid
        windows = 1 + -(-ahead(size.restored_px) // grid.core) + (2 if grid.blend else 0)
        return cls(
            windows=0 if grid.core == 1 and not grid.blend else windows,
            sources=2 * grid.context + ahead(size.source_px),  # neighbours share their context
            results=ahead(size.result_px),
        )

    def bytes(self, size: GraphSize) -> int:
        """Give what is kept beside the windows that are counted with the model's."""
        grid = size.grid
        restored = self.windows * (grid.core + grid.blend)
        if not size.is_resized:  # frames of windows that are kept take nothing more
            restored = max(restored, self.results)
        restored = max(0, restored - COUNTED_WINDOWS * grid.core)
        resized = self.results * size.result_px if size.is_resized else 0
        pixels = restored * size.restored_px + resized + self.sources * size.source_px
        return _SAMPLE_BYTES * pixels + self.results * size.result_bytes
