"""Copied streams that step back, in formats whose streams have no clock in common."""

from __future__ import annotations

import logging
from dataclasses import dataclass

from av.packet import Packet
from av.stream import Stream

_LOG = logging.getLogger(__name__)
_JUMP_S = 1
"""A step back by more is a clock that was set anew; what follows it keeps its own steps."""


@dataclass(slots=True)
class _Clock:
    """The decoding times of one stream, in its own units."""

    last: int
    end: int
    offset: int = 0


class PacketClock:
    """Lets each stream go on where it was when its times step back.

    Formats whose clock may jump have an `InputClock`; in others a step back is one stream's error.

    Args:
        name: Name of the input, for the warning, which is given once.
    """

    def __init__(self, name: str) -> None:
        self._name = name
        self._clocks: dict[int, _Clock] = {}
        self._is_silent = False

    def mend(self, packet: Packet[Stream]) -> None:
        """Move the times of a packet of the input, where those before it were moved."""
        if packet.dts is None:
            return
        clock = self._clocks.setdefault(
            packet.stream_index, _Clock(last=packet.dts, end=packet.dts)
        )
        dts = packet.dts + clock.offset
        if (clock.last - dts) * packet.time_base > _JUMP_S:
            self._warn()
            clock.offset += clock.end - dts
            dts = clock.end
        if clock.offset:
            packet.pts = None if packet.pts is None else packet.pts + clock.offset
            packet.dts = dts
        if dts >= clock.last:
            clock.last, clock.end = dts, dts + max(1, packet.duration or 0)

    def _warn(self) -> None:
        if not self._is_silent:
            self._is_silent = True
            _LOG.warning("%s has a clock that was set anew: its streams go on", self._name)
