"""Which frame of one clip belongs to which frame of another: integers only.

Clips of as many frames are paired by number: that holds for a restored clip and its source whatever
a container did to the times. Others are paired by presentation time, so that a missing frame, a
cut-off end or another frame rate shifts nothing. An offset given by the user goes before both.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal


@dataclass(frozen=True, slots=True, kw_only=True)
class Pairs:
    """Frames that belong together, in order.

    Attributes:
        a: Frame numbers in the first clip, ascending.
        b: Frame numbers in the second clip, as many, ascending.
        by: What they were paired by.
    """

    a: Sequence[int]
    b: Sequence[int]
    by: Literal["number", "time", "offset"]

    def __len__(self) -> int:
        """Count the pairs."""
        return len(self.a)


def pair_by_number(count: int) -> Pairs:
    """Pair two clips of `count` frames."""
    return Pairs(a=range(count), b=range(count), by="number")


def pair_by_offset(count_a: int, count_b: int, *, offset: int) -> Pairs:
    """Pair frame `offset` of A with the first frame of B, and so on.

    Args:
        count_a: Frames of A.
        count_b: Frames of B.
        offset: May be negative; then A begins within B.
    """
    first, end = max(0, offset), min(count_a, count_b + offset)
    numbers = range(first, max(first, end))
    start = first - offset
    return Pairs(a=numbers, b=range(start, start + len(numbers)), by="offset")


def pair_by_time(times_a: Sequence[int], times_b: Sequence[int]) -> Pairs:
    """Pair the frames that are nearest to each other in time, at most half a frame apart.

    Half a frame of the clip, that is, which has more of them there. Times count from zero or from
    each clip's first frame, whichever pairs more frames; zero where both pair as many. So a part
    with its own times is found in the whole, and a clip that begins late in one container only is
    not shifted against the other.

    Args:
        times_a: Time of each frame of A, ascending, all in one unit.
        times_b: The same of B, in the same unit.
    """
    as_stated = _nearest_pairs(times_a, times_b)
    if not times_a or not times_b:
        return as_stated
    shifted_a = [time - times_a[0] for time in times_a]
    shifted_b = [time - times_b[0] for time in times_b]
    from_first = _nearest_pairs(shifted_a, shifted_b)
    return from_first if len(from_first) > len(as_stated) else as_stated


def _nearest_pairs(times_a: Sequence[int], times_b: Sequence[int]) -> Pairs:
    """Pair frames of which each is the other's nearest: so none is used twice."""
    to_b, to_a = _nearest(times_a, times_b), _nearest(times_b, times_a)
    chosen = [
        (a, b)
        for a, b in enumerate(to_b)
        if to_a[b] == a
        and 2 * abs(times_a[a] - times_b[b]) <= min(_step(times_a, a), _step(times_b, b))
    ]
    return Pairs(a=[a for a, _ in chosen], b=[b for _, b in chosen], by="time")


def _nearest(times: Sequence[int], others: Sequence[int]) -> list[int]:
    """For each time, find the nearest of the others; the earlier one of two as near."""
    if not others:
        return []
    found = []
    at = 0
    for time in times:
        while at + 1 < len(others) and abs(others[at + 1] - time) < abs(others[at] - time):
            at += 1
        found.append(at)
    return found


def _step(times: Sequence[int], number: int) -> float:
    """Give the time from a frame to the next; from the previous one for the last."""
    if len(times) < 2:
        return math.inf
    first = min(number, len(times) - 2)
    return times[first + 1] - times[first]
