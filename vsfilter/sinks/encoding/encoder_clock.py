"""The clock by which an encoder is told when frames are shown."""

from __future__ import annotations

from fractions import Fraction

_FINEST = Fraction(1, 1_000_000)
"""Seconds; VP9's encoder counts in steps of 100 ns and gives back others when asked for finer."""


def encoder_unit(time_base: Fraction) -> Fraction:
    """Give the seconds in one unit of an encoder's times, for those of a clip."""
    return max(time_base, _FINEST)


class EncoderClock:
    """Turns the times of a segment's frames into those of its encoder.

    They begin at 0, so that a segment does not depend on where in the clip it lies, and grow by
    one at least.

    Args:
        time_base: Seconds in one unit of the clip's times.
    """

    def __init__(self, time_base: Fraction) -> None:
        self.unit = encoder_unit(time_base)
        self._ratio = time_base / self.unit
        self._first_pts: int | None = None
        self._last = -1

    def to_encoder(self, pts: int) -> int:
        """Give the encoder's time for a frame; to be called once for each, in order."""
        if self._first_pts is None:
            self._first_pts = pts
        self._last = max(self._last + 1, int((pts - self._first_pts) * self._ratio))
        return self._last

    def lasting(self, duration: int) -> int:
        """Give a duration of the clip in units of the encoder, at least one."""
        return max(1, round(duration * self._ratio))

    def to_clip(self, duration: int) -> int:
        """Give a duration of the encoder in units of the clip."""
        return round(duration / self._ratio)
