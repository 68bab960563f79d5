"""Everything of the input but its main video track, copied packet for packet."""

from __future__ import annotations

import logging
import math
from collections.abc import Iterator
from fractions import Fraction
from pathlib import Path
from typing import TYPE_CHECKING

import av
from av.container import InputContainer, OutputContainer
from av.error import ArgumentError, FFmpegError, InvalidDataError
from av.packet import Packet
from av.rational import AVRational
from av.stream import Discard, Stream
from av.video.stream import VideoStream

from vsfilter.errors import SinkError
from vsfilter.sinks.attachments import is_cover
from vsfilter.sinks.lost_tags import kept_file_tags, kept_tags
from vsfilter.sinks.output_stream import OutputStream, add_stream
from vsfilter.sinks.packet_order import PacketOrder
from vsfilter.sinks.stream_plan import main_video, plan_streams

if TYPE_CHECKING:
    from av.container.core import Chapter

_LOG = logging.getLogger(__name__)

REFUSALS = (InvalidDataError, ArgumentError)
"""What muxers and their bitstream filters raise at a damaged packet; they go on with the next."""
_BROADCAST_START_S = 60
"""A start above this is the clock of a broadcast, not a delay; the output then starts at 0."""


class StreamCopier:
    """The other streams of an input, muxed as the video reaches their times.

    Args:
        path: The input container.
        output: The output container, before its header is written.
        video: The output's video stream, which gets the tags of the input's main video track.

    Attributes:
        shift: Seconds taken off every time of the input; the video must be moved alike.
        plan: What becomes of every stream.

    Raises:
        SinkError: The input cannot be read.
    """

    def __init__(self, path: Path, output: OutputContainer, video: VideoStream) -> None:
        self._output = output
        self._path = path
        try:
            self._input: InputContainer = av.open(f"file:{path}")
        except (FFmpegError, OSError) as error:
            raise SinkError(f"cannot copy streams of {str(path)!r}: {error.strerror}") from error
        self.shift = _shift(self._input)
        self._streams: dict[int, OutputStream] = {}
        self._written: set[int] = set()
        self._order = PacketOrder(str(path))
        self._is_refused = False
        self._ahead: Packet[Stream] | None = None
        main = main_video(self._input)
        self.plan = plan_streams(self._input, output.format.name)
        for stream, fate in zip(self._input.streams, self.plan.fates, strict=True):
            if (added := add_stream(output, stream, fate, path=path)) is not None:
                self._streams[stream.index] = added
        if main is not None:
            video.metadata.update(kept_tags(main.metadata))
            video.disposition = main.disposition
        for stream in self._input.streams:
            is_read = stream.index in self._streams
            stream.discard = Discard.default if is_read else Discard.all
            if "timecode" in stream.metadata and stream.type == "data":
                video.metadata.setdefault("timecode", stream.metadata["timecode"])
        output.metadata.update(kept_file_tags(self._input.metadata))
        self._set_chapters()
        for line in self.plan.warnings():
            _LOG.warning("%s: %s", path, line)
        self._packets = self._read()

    def _set_chapters(self) -> None:
        chapters: list[Chapter] = []
        for chapter in self._input.chapters():
            unit = Fraction(chapter["time_base"].numerator, chapter["time_base"].denominator)
            offset = round(self.shift / unit)
            start, end = chapter["start"] - offset, chapter["end"] - offset
            chapters.append({**chapter, "start": start, "end": end})
        if chapters:
            self._output.set_chapters(chapters)

    def _read(self) -> Iterator[Packet[Stream]]:
        """Give the packets of the copied streams as the input holds them, by decoding time."""
        streams = [stream for stream in self._input.streams if stream.index in self._streams]
        if not streams:
            return
        try:
            for packet in self._input.demux(streams):
                if packet.size:  # an empty packet ends a stream
                    yield packet
        except FFmpegError as error:
            _LOG.warning("the input breaks off while its streams are copied: %s", error.strerror)

    def copy_until(self, time_s: Fraction | float) -> None:
        """Mux the packets up to a time, given in seconds of the output."""
        while True:
            packet = self._ahead or next(self._packets, None)
            self._ahead = packet
            if packet is None or (_start_s(packet) or 0) - self.shift > time_s:
                return
            self._ahead = None
            self._mux(packet)

    def copy_rest(self) -> None:
        """Mux all packets that are left."""
        self.copy_until(math.inf)
        for index, stream in self._streams.items():
            self._mux_all(stream.flush(), index)

    @property
    def empty_kinds(self) -> list[str]:
        """Kinds of the streams into which no packet has gone."""
        empty = (self._input.streams[i] for i in self._streams if i not in self._written)
        return ["attachment" if is_cover(stream) else stream.type for stream in empty]

    def _mux(self, packet: Packet[Stream]) -> None:
        offset = round(self.shift / _seconds(packet.time_base))
        if offset:
            packet.pts = None if packet.pts is None else packet.pts - offset
            packet.dts = None if packet.dts is None else packet.dts - offset
        if packet.pts is None and packet.dts is None:  # a cover has no time
            packet.pts = packet.dts = 0
        index = packet.stream_index
        stream = self._streams[index]
        self._order.mend(packet, _seconds(stream.stream.time_base))
        self._mux_all(stream.convert(packet), index)

    def _mux_all(self, packets: list[Packet[Stream]], index: int) -> None:
        for packet in packets:
            packet.stream = self._streams[index].stream
            try:
                self._output.mux_one(packet)
            except REFUSALS as error:
                self.note_refused(error)
            else:
                self._written.add(index)

    def note_refused(self, error: FFmpegError) -> None:
        """Say, once, that a copied packet is left out since the muxer refuses it as damaged."""
        if not self._is_refused:
            self._is_refused = True
            _LOG.warning(
                "%s is damaged: parts of its streams are left out (%s)", self._path, error.strerror
            )

    def close(self) -> None:
        """Release the input; safe to call twice."""
        self._input.close()


def _shift(container: InputContainer) -> Fraction:
    start = Fraction(container.start_time or 0, av.time_base)
    return start if start > _BROADCAST_START_S else Fraction(0)


def _seconds(unit: AVRational) -> Fraction:
    return Fraction(unit.numerator, unit.denominator)


def _start_s(packet: Packet[Stream]) -> Fraction | None:
    """Give the decoding time of a packet in seconds, as muxers order them."""
    time = packet.dts if packet.dts is not None else packet.pts
    return None if time is None else time * _seconds(packet.time_base)
