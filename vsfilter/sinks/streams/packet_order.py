"""Decoding times of copied packets that always grow."""

from __future__ import annotations

import logging
import math
from fractions import Fraction

from av.packet import Packet
from av.stream import Stream

_LOG = logging.getLogger(__name__)


class PacketOrder:
    """Mends the times of packets, which muxers want to grow and damaged files break.

    Args:
        name: Name of the input, for the warning, which is given once.
        takes_equal_times: Whether the container takes packets of a stream at the same time.
    """

    def __init__(self, name: str, *, takes_equal_times: bool) -> None:
        self._name = name
        self._takes_equal_times = takes_equal_times
        self._last_dts: dict[int, int] = {}
        self._is_silent = False

    def mend(self, packet: Packet[Stream], tick: Fraction) -> None:
        """Change the times of a packet where muxers would refuse them.

        Decoding times grow by a tick of the output at least, and are never later than those of
        presentation. Lines of subtitles may begin at the same time, where the container takes that.

        Args:
            packet: A packet of the input.
            tick: Seconds in one unit of the output's times.
        """
        if packet.dts is None:
            return
        unit = Fraction(packet.time_base.numerator, packet.time_base.denominator)
        may_be_equal = self._takes_equal_times and packet.stream.type == "subtitle"
        least = 0 if may_be_equal else max(1, math.ceil(tick / unit))
        earliest = self._last_dts.get(packet.stream_index, packet.dts - least) + least
        if packet.dts < earliest:
            self._warn()
            packet.dts = earliest
        if packet.pts is None or packet.pts < packet.dts:
            packet.pts = packet.dts
        self._last_dts[packet.stream_index] = packet.dts

    def _warn(self) -> None:
        if not self._is_silent:
            self._is_silent = True
            _LOG.warning("%s has backward times in copied streams: mended", self._name)
