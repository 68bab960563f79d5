"""Presentation times that always grow, from those that a file states."""

from __future__ import annotations

import logging

_LOG = logging.getLogger(__name__)
_JUMP_FRAMES = 25
"""More frames than any decoder holds back to put them in order."""


class PtsRepair:
    """The rule by which missing and backward times are mended.

    A pts that grows is kept as it is. Where it is missing or does not grow, the decoding time is
    taken, moved by as much as the first frame's pts lies beside its decoding time; where that does
    not grow either, the previous pts and the previous frame's duration. After a step back by many
    frames, in a format that has no `InputClock`, they keep their new distances. A clip without any
    times counts from 0.

    Args:
        name: Name of the input, for the warning, which is given once.
        step: Duration of a frame that states none, in units of the time base, at least 1.
        has_pts: False for a container that keeps decoding times only, as AVI does.
    """

    def __init__(self, name: str, *, step: int, has_pts: bool = True) -> None:
        self._name = name
        self._step = max(1, step)
        self._has_pts = has_pts
        self._previous: int | None = None
        self._offset = 0
        self._jumped = 0
        self._duration = self._step
        self._is_silent = not has_pts

    def __call__(self, pts: int | None, *, dts: int | None, duration: int | None) -> int:
        """Give the pts of the next frame.

        Args:
            pts: What the frame states.
            dts: Decoding time of the packet that completed the frame.
            duration: Time on screen; None where it is not stated.

        Returns:
            A pts above all earlier ones, in units of the time base.
        """
        mended = self._mend(pts, dts)
        if mended != pts and not self._is_silent:
            self._is_silent = True
            _LOG.warning(
                "%s has frames with missing or backward times: they are timed by their order",
                self._name,
            )
        self._previous = mended
        self._duration = duration if duration and duration > 0 else self._step
        return mended

    def _mend(self, pts: int | None, dts: int | None) -> int:
        if not self._has_pts:
            pts = None
        if self._previous is None:
            if pts is not None and dts is not None:
                self._offset = pts - dts
            return next((time for time in (pts, dts) if time is not None), 0)
        decoded = None if dts is None else dts + self._offset
        times = [time + self._jumped for time in (pts, decoded) if time is not None]
        for time in times:
            if time > self._previous:
                return time
        following = self._previous + self._duration
        if times and times[0] < self._previous - _JUMP_FRAMES * self._step:
            self._jumped += following - times[0]
        return following
