"""Decoding times of copied packets that always grow."""

from __future__ import annotations

import logging
import math
from fractions import Fraction

from av.packet import Packet
from av.rational import AVRational
from av.stream import Stream

_LOG = logging.getLogger(__name__)


class PacketOrder:
    """Mends the times of packets, which muxers want to grow and damaged files break.

    A packet that is moved moves none that has room of its own: packets of TrueHD are shorter than
    the ms in which Matroska counts, and would else come later and later.

    Args:
        name: Name of the input, for the warning, which is given once.
        takes_equal_times: Whether the container takes packets of a stream at the same time.
    """

    def __init__(self, name: str, *, takes_equal_times: bool) -> None:
        self._name = name
        self._least = 0 if takes_equal_times else 1
        self._last_ticks: dict[int, int] = {}
        self._is_silent = False

    def mend(self, packet: Packet[Stream], index: int, tick: Fraction) -> None:
        """Change the times of a packet where muxers would refuse them.

        Decoding times grow by a tick of the output at least, or do not fall where the container
        takes equal ones, and are never later than those of presentation.

        Args:
            packet: A packet for the output.
            index: The stream that it is of.
            tick: Seconds in one unit of the output's times.
        """
        if packet.dts is None:
            return
        unit = Fraction(packet.time_base.numerator, packet.time_base.denominator)
        ticks = _nearest(packet.dts * unit / tick)
        earliest = self._last_ticks.get(index, ticks - self._least) + self._least
        if ticks < earliest:
            # what lies below a unit of the input is rounding, no damage
            if (earliest - ticks) * tick > unit:
                self._warn()
            packet.rescale_ts(AVRational(tick.numerator, tick.denominator))
            packet.dts = ticks = earliest
        if packet.pts is None or packet.pts < packet.dts:
            packet.pts = packet.dts
        self._last_ticks[index] = ticks

    def _warn(self) -> None:
        if not self._is_silent:
            self._is_silent = True
            _LOG.warning("%s has backward times in copied streams: mended", self._name)


def _nearest(value: Fraction) -> int:
    """Round as FFmpeg does: halves away from zero."""
    return math.floor(abs(value) + Fraction(1, 2)) * (1 if value >= 0 else -1)
