"""Where the clock of a file was set anew: what is known of the part that begins there."""

from __future__ import annotations

from dataclasses import dataclass, field

TICKS = 705_600_000
"""In a second: all usual frame and sample rates, ms and 90 kHz have whole periods."""
FAR = 10 * TICKS
"""What lies farther from all else is on another clock; FFmpeg's command takes the same."""
BACK = TICKS // 10
"""A step back by more is no jitter; FFmpeg's command takes the same."""
_WAIT = 2 * TICKS
"""How much of a new part is read for the first packet of each stream: players buffer no more."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Stamp:
    """What a packet states of its place.

    Attributes:
        index: Number of its stream.
        is_guide: Whether it may show that the clock jumps; else it only follows.
        dts: Decoding time, in ticks.
        pts: Presentation time, in ticks.
        duration: Time to the next one, in ticks.
        pos: Where it begins in the file, in bytes; None where that is unknown.
    """

    index: int
    is_guide: bool
    dts: int
    pts: int
    duration: int
    pos: int | None


@dataclass(slots=True, kw_only=True, eq=False)
class Joint:
    """A place where the clock jumps.

    Attributes:
        start: The packet by which it is seen.
        before: What the times of its stream were moved by until then.
        expected: Where its stream was to go on, on the mended clock.
        now: Newest time of the new part, as stated.
        offset: What the times of the part are moved by.
        is_sure: Whether the stream of `start` goes on from there.
        first: The first packet of each stream that shows the clock.
    """

    start: Stamp
    before: int
    expected: int
    now: int
    offset: int = 0
    is_sure: bool = False
    first: dict[int, Stamp] = field(default_factory=dict)
    _newest: dict[int, int] = field(default_factory=dict)
    _pos: int | None = None

    def add(self, stamp: Stamp) -> None:
        """Take note of a packet of the part."""
        if not stamp.is_guide:
            return
        self.now = max(self.now, stamp.dts)
        self.first.setdefault(stamp.index, stamp)
        self._newest[stamp.index] = stamp.dts
        if stamp.pos is not None:
            self._pos = stamp.pos if self._pos is None else min(self._pos, stamp.pos)

    def is_stray(self, following: Stamp) -> bool:
        """Tell from the next packet of its stream whether the first one is alone with its time."""
        from_start = abs(following.dts - self.start.dts - self.start.duration)
        return abs(following.dts + self.before - self.expected) < from_start

    def ends_at(self, stamp: Stamp) -> bool:
        """Tell whether a packet of the part, soon after its start, lies behind another joint."""
        is_back = stamp.dts < self._newest.get(stamp.index, stamp.dts) - BACK
        return stamp.is_guide and (is_back or abs(stamp.dts - self.start.dts) > FAR)

    def is_long(self) -> bool:
        """Tell whether the streams of which nothing has come yet are not worth waiting for."""
        return any(time - self.first[index].dts > _WAIT for index, time in self._newest.items())

    def is_elsewhere(self, stamp: Stamp) -> bool:
        """Tell whether a packet cannot belong to the part, or need not.

        Demuxers give packets when they are complete, which is not their order in the file. Clocks
        that overflow do so in each stream at a place of its own, but by a wide step.
        """
        is_earlier = stamp.pos is not None and self._pos is not None and stamp.pos < self._pos
        return is_earlier or abs(stamp.dts - self.now) > FAR
