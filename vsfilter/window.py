"""The plan: which frames a model gets in one call, and which of its outputs are kept.

Integers only. Frame numbers are absolute, ranges are half open, and the grid does not depend on
where reading began: frame n lies in the core of window n // core, always.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator
from dataclasses import dataclass
from fractions import Fraction
from itertools import pairwise

from vsfilter.errors import OptionError


@dataclass(frozen=True, slots=True, kw_only=True)
class Window:
    """The frames of one call: context, core, context.

    Attributes:
        index: Position in the grid, from 0.
        start: First frame read (context included).
        lead: First frame whose output is wanted; before core_start where windows are blended.
        core_start: First frame of the core.
        core_stop: First frame after the core.
        stop: First frame after the last one read (context included).
    """

    index: int
    start: int
    lead: int
    core_start: int
    core_stop: int
    stop: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Run:
    """A stretch of a window without a cut: what the model really gets.

    Attributes:
        start: First frame read.
        keep_start: First frame whose output is kept.
        keep_stop: First frame after the kept ones.
        stop: First frame after the last one read.
    """

    start: int
    keep_start: int
    keep_stop: int
    stop: int

    @property
    def keep(self) -> slice:
        """The kept frames, counted from `start`, as `Model.restore` wants them."""
        return slice(self.keep_start - self.start, self.keep_stop - self.start)


@dataclass(frozen=True, slots=True, kw_only=True)
class Grid:
    """The absolute grid of windows.

    Attributes:
        core: Frames that a window delivers, at least 1.
        context: Frames read on each side of the core to help it, at least 0.
        blend: Frames at the end of each core that are crossfaded with the next window's output,
            at most `core` and `context`.

    Raises:
        OptionError: A value is out of its range.
    """

    core: int
    context: int
    blend: int = 0

    def __post_init__(self) -> None:
        """Refuse a grid that delivers nothing or blends what no window computes."""
        if self.core < 1:
            raise OptionError(f"core is {self.core} frames: give at least 1")
        if self.context < 0:
            raise OptionError(f"context is {self.context} frames: give at least 0")
        if not 0 <= self.blend <= min(self.core, self.context):
            raise OptionError(
                f"blend is {self.blend} frames: give 0 to {min(self.core, self.context)}, "
                f"the smaller of core ({self.core}) and context ({self.context})"
            )

    def count(self, frame_count: int) -> int:
        """Count the windows of a clip of `frame_count` frames."""
        return -(-frame_count // self.core)

    def window(self, index: int, frame_count: int | None = None) -> Window:
        """Give window `index`.

        Args:
            index: Position in the grid, from 0.
            frame_count: Frames in the clip; None gives the window of a clip without end.
        """
        core_start = index * self.core
        core_stop = core_start + self.core
        stop = core_stop + self.context
        if frame_count is not None:
            core_stop, stop = min(core_stop, frame_count), min(stop, frame_count)
        return Window(
            index=index,
            start=max(0, core_start - self.context),
            lead=max(0, core_start - self.blend),
            core_start=core_start,
            core_stop=core_stop,
            stop=stop,
        )

    def windows(self, frame_count: int) -> Iterator[Window]:
        """Give all windows of a clip, in order; their cores cover each frame once."""
        return (self.window(index, frame_count) for index in range(self.count(frame_count)))

    def reach(self, first: int, stop: int) -> range:
        """Give the frames that must be read for the frames `first` to `stop` - 1 to come out.

        They are then what they are in a restoration of the whole clip.

        Args:
            first: First wanted frame.
            stop: First frame after the wanted ones, above `first`.
        """
        last = (stop - 1) // self.core
        if stop > (last + 1) * self.core - self.blend:  # its end is mixed with the next window's
            last += 1
        start = self.window(first // self.core).start
        return range(start, self.window(last).stop)

    def blend_weight(self, frame: int, frame_count: int) -> Fraction:
        """Give the share of the next window in the output of a frame, in [0, 1).

        It grows linearly over the last `blend` frames of a core; the last window has no next one.
        """
        boundary = (frame // self.core + 1) * self.core
        if boundary >= frame_count:
            return Fraction(0)
        return max(Fraction(0), Fraction(frame - (boundary - self.blend) + 1, self.blend + 1))


def split_at_cuts(window: Window, cuts: Collection[int]) -> list[Run]:
    """Split a window so that no frame is restored with help from another shot.

    Args:
        window: The window.
        cuts: Frame numbers that begin a new shot; others than the window's are ignored.

    Returns:
        The runs in order that hold wanted outputs; context that lies beyond a cut is dropped.
    """
    inside = sorted(cut for cut in set(cuts) if window.start < cut < window.stop)
    edges = [window.start, *inside, window.stop]
    runs = []
    for start, stop in pairwise(edges):
        keep_start, keep_stop = max(start, window.lead), min(stop, window.core_stop)
        if keep_start < keep_stop:
            runs.append(Run(start=start, keep_start=keep_start, keep_stop=keep_stop, stop=stop))
    return runs
