"""Decoding times of copied packets that always grow."""

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
    """The times of one stream, in its own units."""

    last: int
    end: int
    offset: int = 0


class PacketOrder:
    """Mends the times of packets, which muxers want to grow and damaged or joined files break.

    Args:
        name: Name of the input, for the warning, which is given once.
    """

    def __init__(self, name: str) -> None:
        self._name = name
        self._clocks: dict[int, _Clock] = {}
        self._is_silent = False

    def mend(self, packet: Packet[Stream]) -> None:
        """Change the times of a packet where they do not follow those of the one before."""
        if packet.dts is None:
            return
        clock = self._clocks.setdefault(
            packet.stream_index, _Clock(last=packet.dts - 1, end=packet.dts)
        )
        dts = packet.dts + clock.offset
        pts = None if packet.pts is None else packet.pts + clock.offset
        if dts <= clock.last:
            self._warn()
            if (clock.last - dts) * packet.time_base > _JUMP_S:
                clock.offset += clock.end - dts
                pts = None if pts is None else pts + clock.end - dts
                dts = clock.end
            else:
                dts = clock.last + 1
            pts = dts if pts is None else max(pts, dts)
        packet.dts, packet.pts = dts, pts
        clock.last, clock.end = dts, dts + max(1, packet.duration or 0)

    def _warn(self) -> None:
        if not self._is_silent:
            self._is_silent = True
            _LOG.warning("%s has backward times in copied streams: mended", self._name)
