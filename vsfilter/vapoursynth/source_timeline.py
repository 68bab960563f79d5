"""Which frames of a file a clip of `vsfilter.source` shows, and when; fractions only."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction

_FALLBACK_RATE = Fraction(25)
_RATE_TOLERANCE = 1e-3


@dataclass(frozen=True, slots=True, kw_only=True)
class Timeline:
    """Which frames of the file a clip shows, and when.

    Attributes:
        rate: Frames a second of the clip; the average where it varies.
        numbers: Number in the file of each frame of the clip.
        times: When each frame begins and, at the end, when the last one ends, in s.
    """

    rate: Fraction
    numbers: Sequence[int]
    times: Sequence[Fraction]


def own_timeline(times: Sequence[Fraction], stated: Fraction | None) -> Timeline:
    """Show the frames of the file as they are.

    Args:
        times: As `frame_times` gives them.
        stated: Frames a second, as the file states them.
    """
    count = len(times) - 1
    average = count / (times[-1] - times[0])
    usual = [Fraction(round(average)), Fraction(round(average * 1001 / 1000) * 1000, 1001)]
    near = [stated] if stated else []  # of two as near as each other it is this one
    near += sorted(usual, key=lambda rate: abs(rate - average))
    close = [rate for rate in near if rate and abs(rate / average - 1) < _RATE_TOLERANCE]
    return Timeline(rate=[*close, average][0], numbers=range(count), times=times)


def constant_timeline(times: Sequence[Fraction], rate: Fraction) -> Timeline:
    """Show at each time the last frame that begins before the middle of its slot.

    Args:
        times: As `frame_times` gives them.
        rate: Frames a second of the clip.
    """
    count = max(1, round((times[-1] - times[0]) * rate))
    wanted = [times[0] + number / rate for number in range(count + 1)]
    starts = times[:-1]
    numbers = [max(0, bisect_right(starts, time + 1 / (2 * rate)) - 1) for time in wanted[:-1]]
    return Timeline(rate=rate, numbers=numbers, times=wanted)


def frame_times(
    pts: Sequence[int], time_base: Fraction, *, last: int | None, rate: Fraction | None
) -> list[Fraction]:
    """Give when each frame begins and when the last one ends, in s.

    A stated duration counts for the last frame only, where no next one tells the truth; one that
    is much shorter than the frame before is one of those that muxers invent.

    Args:
        pts: Of each frame, in units of the time base.
        time_base: Seconds of one unit.
        last: What the file states as the duration of the last frame, in the same units.
        rate: Frames a second, as the file states them.
    """
    stated = (last or 0) * time_base
    gap = (pts[-1] - pts[-2]) * time_base if len(pts) > 1 else Fraction(0)
    shown = stated if stated > gap / 2 else gap or 1 / (rate or _FALLBACK_RATE)
    return [number * time_base for number in pts] + [pts[-1] * time_base + shown]
