"""The clock of an input, mended where it jumps, for all who read its packets.

Pictures come by decoding, all else by another reading of the file. The times of both are mended
here; they depend on the packets of the file alone, so that sound and picture stay in step.
"""

from __future__ import annotations

import logging
from collections import deque
from collections.abc import Iterable, Iterator

from av.container import InputContainer
from av.error import FFmpegError
from av.packet import Packet
from av.stream import Stream

from vsfilter.media.clock_joint import TICKS, Stamp
from vsfilter.media.joined_clock import JoinedClock
from vsfilter.media.media_file import ASIDE

_LOG = logging.getLogger(__name__)
_JUMPING_CLOCK = 0x200
"""FFmpeg's AVFMT_TS_DISCONT: MPEG's transport and program streams, Ogg and a few more."""


def clock_streams(container: InputContainer) -> list[Stream]:
    """Give the streams by which jumps of the clock are seen; none where the format has no jumps.

    All of them must be read for an `InputClock`. Subtitles may be silent for long and only follow.

    Args:
        container: An input.
    """
    if not container.format.flags & _JUMPING_CLOCK:
        return []
    return [stream for stream in container.streams if _is_guide(stream)]


def _is_guide(stream: Stream) -> bool:
    return stream.type in ("video", "audio") and not stream.disposition & ASIDE


class InputClock:
    """Mends the times of packets where the clock of the input jumps.

    Args:
        name: Name of the input, for the warning, which is given once; None for no warning.
    """

    def __init__(self, name: str | None = None) -> None:
        self._name = name

    def mended(self, packets: Iterable[Packet[Stream]]) -> Iterator[Packet[Stream]]:
        """Give packets in their order, with mended times.

        Args:
            packets: Those of the file from its first one on, of all `clock_streams` at least.

        Raises:
            FFmpegError: `packets` raised it; what came before was given.
        """
        clock = JoinedClock()
        waiting: deque[Packet[Stream]] = deque()
        stamps: dict[int, Stamp] = {}
        try:
            for packet in packets:
                waiting.append(packet)
                if packet.size:
                    index = packet.stream_index
                    stamps[index] = _stamp(packet, stamps.get(index))
                    offsets = clock.place(stamps[index])
                else:  # it ends a stream
                    offsets = [*clock.settle(), 0]
                self._warn(clock)
                for offset in offsets:
                    yield _moved(waiting.popleft(), offset)
        except FFmpegError:
            for offset in clock.settle():
                yield _moved(waiting.popleft(), offset)
            raise
        for offset in clock.settle():
            yield _moved(waiting.popleft(), offset)

    def _warn(self, clock: JoinedClock) -> None:
        if self._name is None or clock.first_jump is None:
            return
        left, entered = (time / TICKS for time in clock.first_jump)
        _LOG.warning(
            "%s has a clock that was set anew (first from %.1f to %.1f s): all its streams go on "
            "together",
            self._name,
            left,
            entered,
        )
        self._name = None


def _stamp(packet: Packet[Stream], previous: Stamp | None) -> Stamp:
    """Read what a packet states; what it does not state is taken from the one before it."""
    unit = packet.time_base.numerator * TICKS, packet.time_base.denominator
    pts, dts = packet.pts, packet.dts
    last = 0 if previous is None else previous.dts
    stated = next((time for time in (dts, pts) if time is not None), None)
    time = last if stated is None else stated * unit[0] // unit[1]
    pos = packet.pos if packet.pos is not None or previous is None else previous.pos
    return Stamp(
        index=packet.stream_index,
        is_guide=dts is not None and _is_guide(packet.stream),
        dts=time,
        pts=time if pts is None else pts * unit[0] // unit[1],
        duration=(packet.duration or 0) * unit[0] // unit[1] or min(TICKS, max(0, time - last)),
        pos=pos,
    )


def _moved(packet: Packet[Stream], offset: int) -> Packet[Stream]:
    if offset:
        by = round(offset * packet.time_base.denominator / (packet.time_base.numerator * TICKS))
        packet.pts = None if packet.pts is None else packet.pts + by
        packet.dts = None if packet.dts is None else packet.dts + by
    return packet
