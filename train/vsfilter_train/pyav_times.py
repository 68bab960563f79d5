"""Which frame of a video is shown when."""

from __future__ import annotations

from array import array
from bisect import bisect_left
from dataclasses import dataclass
from fractions import Fraction
from functools import lru_cache
from pathlib import Path

from vsfilter.input_limits import WITHIN_REASON
from vsfilter.sources.packet_scan import PacketScan


@dataclass(frozen=True, slots=True)
class Steady:
    """Frames at a rate that is believed: the pts of the first, and how long each is shown."""

    first_pts: int
    step: Fraction

    def pts_of(self, number: int) -> int:
        """Give the pts of a frame."""
        return self.first_pts + round(number * self.step)

    def number_of(self, pts: int) -> int:
        """Give the number of the frame that is shown then."""
        return round((pts - self.first_pts) / self.step)


@dataclass(frozen=True, slots=True)
class Listed:
    """Frames whose pts are known."""

    times: array[int]

    def pts_of(self, number: int) -> int:
        """Give the pts of a frame; of one beyond the end, the end."""
        return self.times[min(number, len(self.times) - 1)]

    def number_of(self, pts: int) -> int:
        """Give the number of the first frame that is shown then or later."""
        return bisect_left(self.times, pts)


@lru_cache(maxsize=1000)
def list_times(path: Path, first_pts: int, stamp: tuple[int, int]) -> array[int] | None:
    """List the times of all frames, and of the end; None where the packets do not tell them."""
    del stamp  # a part of the key
    scan = PacketScan(str(path), track=0, first_pts=first_pts, limits=WITHIN_REASON)
    times = array("q")
    for time in scan.times():
        if time is None:
            return None
        times.append(time)
    return times
