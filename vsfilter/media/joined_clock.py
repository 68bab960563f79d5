"""One clock for all streams of a file whose clock was set anew on the way: integers only."""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass, field

from vsfilter.media.clock_joint import BACK, FAR, Joint, Stamp

_MOST_WAITING = 2_000
"""Packets that are kept until a joint is understood."""
_DEEPEST_ORDER = 16
"""Packets of which the last may be shown before the first."""


@dataclass(slots=True)
class _Line:
    """A stream on the mended clock.

    Attributes:
        offset: What its stated times are moved by.
        joint: The last one that it has passed.
        last: Its newest decoding time; None where it shows no clock.
        end: When decoding would go on.
    """

    offset: int = 0
    joint: Joint | None = None
    last: int | None = None
    end: int = 0
    _shown: deque[int] = field(default_factory=lambda: deque(maxlen=_DEEPEST_ORDER))

    def go_on(self, stamp: Stamp) -> None:
        """Take note of the next packet."""
        time, end = stamp.dts + self.offset, stamp.dts + self.offset + stamp.duration
        self.end = end if self.last is None else max(self.end, end)
        self.last = time if self.last is None else max(self.last, time)
        self._shown.append(stamp.pts + self.offset + stamp.duration)
        if self.joint is not None:
            self.joint.now = max(self.joint.now, stamp.dts)

    @property
    def shown(self) -> int:
        """When its newest packets have been shown; a stray time among older ones has no effect."""
        return max(self._shown, default=self.end)


class JoinedClock:
    """By how much each packet is moved, so that all streams go on together after a jump.

    A step back of a stream, or one forward by more than 10 s past all streams, is a jump if its
    stream goes on from there; a single stray packet goes where its stream is. What follows a jump
    is moved by one amount, the least by which no stream steps back.

    Attributes:
        first_jump: Stated times, in ticks, between which the clock jumped first; None if never.
    """

    def __init__(self) -> None:
        self.first_jump: tuple[int, int] | None = None
        self._lines: dict[int, _Line] = {}
        self._end: int | None = None  # of all streams, on the mended clock
        self._joint: Joint | None = None  # the last one
        self._coming: Joint | None = None  # one of which not enough is known yet
        self._waiting: list[tuple[Stamp, bool]] = []  # since it, and whether they lie behind it

    def place(self, stamp: Stamp) -> list[int]:
        """Take the next packet of the file; give what is now known, which may be nothing.

        Returns:
            What the times of packets are moved by, in ticks: of each in order, from the first
            one on of which it was not given yet.
        """
        if self._coming is not None:
            return self._wait(self._coming, stamp)
        offset = self._offset(stamp)
        if stamp.is_guide and self._is_off(stamp, offset):
            line = self._lines.get(stamp.index)
            expected = (self._end or 0) if line is None else line.end
            joint = Joint(start=stamp, before=offset, expected=expected, now=stamp.dts)
            joint.add(stamp)
            self._coming, self._waiting = joint, [(stamp, True)]
            return []
        self._note(stamp, offset)
        return [offset]

    def settle(self) -> list[int]:
        """Decide with what is known, as at the end of the file; give what `place` gives."""
        joint, waiting = self._coming, self._waiting
        if joint is None:
            return []
        joint.offset = self._least_offset(joint)
        self._joint, self._coming, self._waiting = joint, None, []
        self.first_jump = self.first_jump or (joint.expected - joint.before, joint.start.dts)
        given = []
        for stamp, is_behind in waiting:
            given.append(joint.offset if is_behind else self._lines[stamp.index].offset)
            self._note(stamp, given[-1])
        return given

    def _wait(self, joint: Joint, stamp: Stamp) -> list[int]:
        if stamp.is_guide and stamp.index == joint.start.index and not joint.is_sure:
            if joint.is_stray(stamp):
                return self._pass_over(joint, stamp)
            joint.is_sure = True
        is_behind = stamp.index in joint.first or not self._is_before(joint, stamp)
        if is_behind and joint.ends_at(stamp):
            return [*self.settle(), *self.place(stamp)]
        self._waiting.append((stamp, is_behind))
        if is_behind:
            joint.add(stamp)
        else:
            self._note(stamp, self._lines[stamp.index].offset)
        is_known = joint.is_sure and all(index in joint.first for index in self._alive())
        is_enough = is_known or joint.is_long() or len(self._waiting) >= _MOST_WAITING
        return self.settle() if is_enough else []

    def _pass_over(self, joint: Joint, stamp: Stamp) -> list[int]:
        """Put a stray packet where its stream was, and all since it where they are without it."""
        since = [*(waiting for waiting, _ in self._waiting[1:]), stamp]
        self._coming, self._waiting = None, []
        given = [joint.expected - joint.start.dts]
        for waiting in since:
            given += self.place(waiting)
        return given

    def _least_offset(self, joint: Joint) -> int:
        """Give the offset at which a first stream goes on at once, in decoding or as shown."""
        least = []
        for index, stamp in joint.first.items():
            line = self._lines.get(index)
            if line is not None and line.last is not None:
                least += [line.end - stamp.dts, line.shown - stamp.pts]
        return max(least, default=joint.expected - joint.start.dts)

    def _alive(self) -> list[int]:
        """Give the streams that show the clock and have not ended."""
        newest = self._end or 0
        return [
            index
            for index, line in self._lines.items()
            if line.last is not None and newest - line.end < FAR
        ]

    def _offset(self, stamp: Stamp) -> int:
        """Give the offset of a packet: that of its stream, or of the part that has begun."""
        line, joint = self._lines.get(stamp.index), self._joint
        if joint is None:
            return 0
        if line is not None and (line.joint is joint or self._is_before(joint, stamp)):
            return line.offset
        return joint.offset

    def _is_off(self, stamp: Stamp, offset: int) -> bool:
        """Tell whether a packet cannot lie where an offset puts it."""
        time, line = stamp.dts + offset, self._lines.get(stamp.index)
        if self._end is None:
            return False
        if line is None or line.last is None:
            return abs(time - self._end) > FAR
        # before a pause that is real, pictures from behind it may have been decoded
        return time > max(self._end, line.shown) + FAR or time < line.last - BACK

    def _is_before(self, joint: Joint, stamp: Stamp) -> bool:
        """Tell whether a packet that comes behind a joint belongs to what was before it."""
        line = self._lines.get(stamp.index)
        if line is None or self._is_off(stamp, line.offset):
            return False
        return joint.is_elsewhere(stamp)

    def _note(self, stamp: Stamp, offset: int) -> None:
        line = self._lines.setdefault(stamp.index, _Line(joint=self._joint))
        line.offset = offset
        if self._joint is not None and offset == self._joint.offset:
            line.joint = self._joint
        if stamp.is_guide:
            line.go_on(stamp)
            self._end = line.end if self._end is None else max(self._end, line.end)
