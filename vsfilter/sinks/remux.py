"""Everything of the input but its main video track, copied packet for packet."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from fractions import Fraction
from itertools import chain
from pathlib import Path

import av
from av.audio.stream import AudioStream
from av.container import InputContainer, OutputContainer
from av.error import FFmpegError
from av.packet import Packet
from av.rational import AVRational
from av.stream import AttachmentStream, Discard, Disposition, Stream
from av.video.stream import VideoStream

from vsfilter.clip import TimeRange
from vsfilter.errors import SinkError
from vsfilter.sinks.attachments import add_attachment, add_cover, is_cover
from vsfilter.sinks.packet_cutter import PacketCutter, cut_chapters, start_of, unit_of
from vsfilter.sinks.packet_order import PacketOrder

_LOG = logging.getLogger(__name__)

_STALE_TAGS = ("DURATION", "BPS", "NUMBER_OF_", "_STATISTICS_", "encoder", "ENCODER", "vendor_id")
"""Beginnings of tags that describe the old file's bytes; muxers write their own."""
_BRAND_TAGS = ("major_brand", "minor_version", "compatible_brands")
_FINE_UNIT = AVRational(1, 705_600_000)
"""Seconds in which all usual frame and sample rates, ms and 90 kHz have whole periods."""
_INTERLEAVING_S = 60
"""No packet lies farther behind others of its time in a file."""
_BROADCAST_START_S = 60
"""A start above this is the clock of a broadcast, not a delay; the output then starts at 0."""


class StreamCopier:
    """The other streams of an input, muxed as the video reaches their times.

    Args:
        path: The input container.
        output: The output container, before its header is written.
        video: The output's video stream, which gets the tags of the input's main video track.
        covers: The part of the input's time that the output shows; None for all of it.

    Attributes:
        shift: Seconds taken off every time of the input; the video must be moved alike.

    Raises:
        SinkError: The input cannot be read.
    """

    def __init__(
        self, path: Path, output: OutputContainer, video: VideoStream, covers: TimeRange | None
    ) -> None:
        self._output = output
        self._path = path
        try:
            self._input: InputContainer = av.open(f"file:{path}")
        except (FFmpegError, OSError) as error:
            raise SinkError(f"cannot copy streams of {str(path)!r}: {error.strerror}") from error
        main = _main_video(self._input)
        self.shift = _shift(self._input, main) if covers is None else covers.start_s
        self._cutter = None if covers is None else PacketCutter(covers)
        self._streams: dict[int, Stream] = {}
        self._ahead: Packet[Stream] | None = None
        dropped = [
            stream for stream in self._input.streams if stream is not main and not self._add(stream)
        ]
        if main is not None:
            video.metadata.update(_kept_tags(main.metadata))
            video.disposition = main.disposition
        for stream in self._input.streams:
            stream.discard = Discard.default if stream.index in self._streams else Discard.all
        kept = _kept_tags(self._input.metadata)
        output.metadata.update({tag: kept[tag] for tag in kept if tag not in _BRAND_TAGS})
        self._set_chapters(covers or TimeRange(start_s=self.shift, end_s=None))
        if dropped:
            names = ", ".join(f"{stream.index} ({stream.type})" for stream in dropped)
            _LOG.warning("the output cannot hold these streams of %s: %s", path, names)
        self._packets = self._read()

    def _add(self, stream: Stream) -> bool:
        """Add a stream like one of the input's; tell whether the output can hold it."""
        if isinstance(stream, AttachmentStream):
            return add_attachment(self._output, stream)
        if not _is_known(stream):
            return False
        if is_cover(stream) and self._output.format.name == "matroska":
            return add_cover(self._output, stream, self._path)
        try:
            copy = self._output.add_stream_from_template(stream, opaque=True)
        except (ValueError, FFmpegError):
            return False
        copy.metadata.update(_kept_tags(stream.metadata))
        copy.disposition = stream.disposition
        self._streams[stream.index] = copy
        return True

    def _set_chapters(self, covers: TimeRange) -> None:
        chapters = cut_chapters(self._input.chapters(), covers)
        if chapters:
            self._output.set_chapters(chapters)

    def _read(self) -> Iterator[Packet[Stream]]:
        """Give the packets of the copied streams as the input holds them, by decoding time."""
        order = PacketOrder(str(self._path))
        streams = [stream for stream in self._input.streams if stream.index in self._streams]
        if not streams:
            return
        try:
            for packet in self._input.demux(streams):
                if packet.size:  # an empty packet ends a stream
                    order.mend(packet)
                    yield packet
        except FFmpegError as error:
            _LOG.warning("the input breaks off while its streams are copied: %s", error.strerror)

    def copy_until(self, time_s: Fraction) -> None:
        """Mux the packets up to a time, given in seconds of the output."""
        while True:
            packet = self._ahead or next(self._packets, None)
            self._ahead = packet
            if packet is None or (start_of(packet) or 0) - self.shift > time_s:
                break
            self._ahead = None
            self._move(packet)
        for standing in self._cutter.settle() if self._cutter and time_s >= 0 else ():
            self._mux(standing)

    def copy_rest(self, end_s: Fraction) -> None:
        """Mux all packets that are left; of an excerpt, up to where the video ends.

        Args:
            end_s: The end of the video, in seconds of the output.
        """
        if self._cutter is not None and self._cutter.length_s is not None:
            self._cutter.length_s = end_s
            self.copy_until(end_s + _INTERLEAVING_S)
            return
        for packet in chain([self._ahead] if self._ahead else [], self._packets):
            self._move(packet)

    def _move(self, packet: Packet[Stream]) -> None:
        """Mux a packet of the input at its time in the output."""
        if self.shift % unit_of(packet):  # AVI counts whole packets of sound
            packet.rescale_ts(_FINE_UNIT)
        offset = round(self.shift / unit_of(packet))
        if offset:
            packet.pts = None if packet.pts is None else packet.pts - offset
            packet.dts = None if packet.dts is None else packet.dts - offset
        if packet.pts is None and packet.dts is None:  # a cover has no time
            packet.pts = packet.dts = 0
        for fitting in [packet] if self._cutter is None else self._cutter.fit(packet):
            self._mux(fitting)

    def _mux(self, packet: Packet[Stream]) -> None:
        packet.stream = self._streams[packet.stream_index]
        self._output.mux_one(packet)

    def close(self) -> None:
        """Release the input; safe to call twice."""
        self._input.close()


def _shift(container: InputContainer, video: VideoStream | None) -> Fraction:
    start_s = Fraction(container.start_time or 0, av.time_base)
    # a clock that has just run over counts from below 0, where MP4 would hide the pictures
    is_below = video is not None and video.start_time is not None and video.start_time < 0
    return start_s if is_below or start_s > _BROADCAST_START_S else Fraction(0)


def _main_video(container: InputContainer) -> VideoStream | None:
    aside = Disposition.attached_pic | Disposition.timed_thumbnails
    streams = (stream for stream in container.streams.video if not stream.disposition & aside)
    return next(streams, None)


def _is_known(stream: Stream) -> bool:
    """Tell whether FFmpeg knows enough of a stream to write its header."""
    if stream.type == "data" or stream.codec_context is None:
        return False
    return not isinstance(stream, AudioStream) or stream.codec_context.sample_rate > 0


def _kept_tags(tags: dict[str, str]) -> dict[str, str]:
    return {name: text for name, text in tags.items() if not name.startswith(_STALE_TAGS)}
