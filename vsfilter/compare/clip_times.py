"""The times of a clip's frames, noted while the frames go by."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from fractions import Fraction
from math import lcm

from vsfilter.clip import ClipReader
from vsfilter.frame import Frame


class ClipTimes:
    """The times of a clip's frames.

    Args:
        time_base: Seconds in one unit of pts.

    Attributes:
        pts: Of each frame noted so far, in units of the time base.
    """

    def __init__(self, time_base: Fraction) -> None:
        self._time_base = time_base
        self._last_duration: int | None = None
        self.pts: list[int] = []

    def note(self, frames: ClipReader) -> Iterator[Frame]:
        """Pass the frames of a clip on, from the first, and note their times."""
        for frame in frames:
            self.pts.append(frame.pts)
            self._last_duration = frame.duration
            yield frame

    @property
    def frame_count(self) -> int:
        """Frames noted so far."""
        return len(self.pts)

    @property
    def duration_s(self) -> float:
        """Time from the first frame's start to the last one's end, in s."""
        if not self.pts:
            return 0.0
        last = self._last_duration
        if last is None:  # as long as the one before
            last = self.pts[-1] - self.pts[-2] if len(self.pts) > 1 else 0
        return float((self.pts[-1] + last - self.pts[0]) * self._time_base)

    def elapsed_s(self, number: int) -> float:
        """Give the time from the first frame's start to another one's, in s."""
        return float((self.pts[number] - self.pts[0]) * self._time_base)

    def in_unit(self, unit: Fraction) -> list[int]:
        """Give the times in a unit of which the time base is a multiple, in s."""
        factor = self._time_base / unit
        return [time * factor.numerator for time in self.pts]


def in_common_unit(a: ClipTimes, b: ClipTimes) -> tuple[Sequence[int], Sequence[int]]:
    """Give the times of two clips as integers of one unit, without rounding."""
    bases = (a._time_base, b._time_base)
    unit = Fraction(1, lcm(*(base.denominator for base in bases)))
    return a.in_unit(unit), b.in_unit(unit)
