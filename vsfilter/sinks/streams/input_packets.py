"""The packets of an input's copied streams, at their times in the output."""

from __future__ import annotations

import logging
from collections.abc import Collection, Iterator
from fractions import Fraction
from typing import TYPE_CHECKING

from av.container import InputContainer
from av.error import FFmpegError
from av.packet import Packet
from av.rational import AVRational
from av.stream import Discard, Stream
from av.video.stream import VideoStream

from vsfilter.clip import TimeRange
from vsfilter.errors import SinkError
from vsfilter.media.broadcast_start import broadcast_start
from vsfilter.media.input_clock import InputClock, clock_streams
from vsfilter.sinks.streams.packet_clock import PacketClock
from vsfilter.sinks.streams.packet_cutter import PacketCutter, cut_chapters, start_of, unit_of

if TYPE_CHECKING:
    from av.container.core import Chapter

_LOG = logging.getLogger(__name__)

_FINE_UNIT = AVRational(1, 705_600_000)
"""Seconds in which all usual frame and sample rates, ms and 90 kHz have whole periods."""
_INTERLEAVING_S = 60
"""No packet lies farther behind others of its time in a file."""


class InputPackets:
    """The packets of some streams of an input, moved and cut as the output has them.

    Args:
        container: The input.
        name: Where it lies.
        main: The track that is restored.
        covers: The part of the input's time that the output shows; None for all of it.

    Attributes:
        shift: Seconds taken off every time of the input; the video must be moved alike.
    """

    def __init__(
        self,
        container: InputContainer,
        name: str,
        *,
        main: VideoStream | None,
        covers: TimeRange | None,
    ) -> None:
        self._input, self._name = container, name
        if covers is None:
            start_s = broadcast_start(container, main, path=name)
            self._covers = TimeRange(start_s=start_s, end_s=None)
        else:
            self._covers = covers
        self.shift = self._covers.start_s
        self._cutter = None if covers is None else PacketCutter(covers)
        self._guides = clock_streams(container)
        self._streams: list[Stream] = []
        self._ahead: Packet[Stream] | None = None
        self._packets = self._read()

    def choose(self, indices: Collection[int]) -> None:
        """Say, before the first packet is asked for, whose packets are wanted.

        Args:
            indices: Numbers of streams of the input.
        """
        self._streams = [stream for stream in self._input.streams if stream.index in indices]
        for stream in self._input.streams:
            is_read = stream.index in indices or stream in self._guides
            stream.discard = Discard.default if is_read else Discard.all

    def chapters(self) -> list[Chapter]:
        """Give the chapters at their times in the output."""
        return cut_chapters(self._input.chapters(), self._covers)

    def up_to(self, time_s: Fraction | float) -> Iterator[Packet[Stream]]:
        """Give the packets up to a time, given in seconds of the output, by decoding time."""
        while True:
            packet = self._ahead or next(self._packets, None)
            self._ahead = packet
            if packet is None or (start_of(packet) or 0) - self.shift > time_s:
                break
            self._ahead = None
            yield from self._fit(packet)
        if self._cutter is not None and time_s >= 0:
            yield from self._cutter.settle()

    def rest(self, end_s: Fraction) -> Iterator[Packet[Stream]]:
        """Give all packets that are left; of an excerpt, those up to where the video ends.

        Args:
            end_s: The end of the video, in seconds of the output.
        """
        if self._cutter is None or self._covers.end_s is None:
            yield from self.up_to(float("inf"))
        else:
            self._cutter.length_s = end_s
            yield from self.up_to(end_s + _INTERLEAVING_S)

    def _read(self) -> Iterator[Packet[Stream]]:
        if not self._streams:
            return
        try:
            yield from self._mended()
        except FFmpegError as error:
            _LOG.warning("%s breaks off (%s): so do its streams", self._name, error.strerror)
        except OSError as error:
            raise SinkError(
                f"streams of {self._name!r} cannot be read to their end: {error.strerror}: see to "
                "its disk or network"
            ) from error

    def _mended(self) -> Iterator[Packet[Stream]]:
        wanted = {stream.index for stream in self._streams}
        if self._guides:
            read = [s for s in self._input.streams if s.index in wanted or s in self._guides]
            for packet in InputClock().mended(self._input.demux(read)):
                if packet.size and packet.stream_index in wanted:
                    yield packet
            return
        clock = PacketClock(self._name)
        for packet in self._input.demux(self._streams):
            if packet.size:  # an empty packet ends a stream
                clock.mend(packet)
                yield packet

    def _fit(self, packet: Packet[Stream]) -> list[Packet[Stream]]:
        """Move a packet to its time in the output; give it as the excerpt has it, or nothing."""
        if self.shift % unit_of(packet):  # AVI counts whole packets of sound
            packet.rescale_ts(_FINE_UNIT)
        offset = round(self.shift / unit_of(packet))
        if offset:
            packet.pts = None if packet.pts is None else packet.pts - offset
            packet.dts = None if packet.dts is None else packet.dts - offset
        if packet.pts is None and packet.dts is None:  # a cover has no time
            packet.pts = packet.dts = 0
        return [packet] if self._cutter is None else self._cutter.fit(packet)
