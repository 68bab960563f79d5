"""Everything of the input but its main video track, copied packet for packet."""

from __future__ import annotations

import logging
from collections.abc import Iterable, MutableMapping
from fractions import Fraction
from pathlib import Path

from av.container import InputContainer, OutputContainer
from av.error import ArgumentError, FFmpegError, InvalidDataError
from av.packet import Packet
from av.stream import Stream
from av.video.stream import VideoStream

from vsfilter.clip import ClipInfo
from vsfilter.errors import SinkError
from vsfilter.media.media_file import open_media
from vsfilter.sinks.streams.attachments import is_cover
from vsfilter.sinks.streams.input_packets import InputPackets
from vsfilter.sinks.streams.lost_tags import kept_file_tags, kept_tags
from vsfilter.sinks.streams.output_stream import OutputStream, add_stream
from vsfilter.sinks.streams.packet_order import PacketOrder
from vsfilter.sinks.streams.stream_plan import main_video, plan_streams
from vsfilter.sinks.streams.timecode import moved_timecode

_LOG = logging.getLogger(__name__)
_TS_NONSTRICT = 0x20000
"""The value of PyAV's Flags.ts_nonstrict, of which its type stubs tell another type."""

REFUSALS = (InvalidDataError, ArgumentError)
"""What muxers and their bitstream filters raise at a damaged packet; they go on with the next."""


class StreamCopier:
    """The other streams of an input, muxed as the video reaches their times.

    Args:
        path: The input container.
        output: The output container, before its header is written.
        video: The output's video stream, which gets the tags of the input's main video track.
        info: What holds for every frame of the output; of an excerpt, also the time it covers.

    Attributes:
        shift: Seconds taken off every time of the input; the video must be moved alike.
        plan: What becomes of every stream.

    Raises:
        SinkError: The input cannot be read.
    """

    def __init__(
        self, path: Path, output: OutputContainer, video: VideoStream, info: ClipInfo
    ) -> None:
        self._output = output
        self._path = path
        try:
            self._input: InputContainer = open_media(path)
        except (FFmpegError, OSError) as error:
            raise SinkError(f"cannot copy streams of {str(path)!r}: {error.strerror}") from error
        self._streams: dict[int, OutputStream] = {}
        self._written: set[int] = set()
        is_lenient = bool(output.format.flags & _TS_NONSTRICT)
        self._order = PacketOrder(str(path), takes_equal_times=is_lenient)
        self._is_refused = False
        main = main_video(self._input)
        self._packets = InputPackets(self._input, str(path), main=main, covers=info.covers)
        self.shift = self._packets.shift
        self.plan = plan_streams(self._input, output.format.name)
        for stream, fate in zip(self._input.streams, self.plan.fates, strict=True):
            if (added := add_stream(output, stream, fate, path=path)) is not None:
                self._streams[stream.index] = added
        if main is not None:
            video.metadata.update(kept_tags(main.metadata))
            video.disposition = main.disposition
        self._packets.choose(self._streams)
        for stream in self._input.streams:
            if "timecode" in stream.metadata and stream.type == "data":
                video.metadata.setdefault("timecode", stream.metadata["timecode"])
        output.metadata.update(kept_file_tags(self._input.metadata))
        for tags in (video.metadata, output.metadata):
            _move_timecode(tags, main, info)
        if chapters := self._packets.chapters():
            output.set_chapters(chapters)
        for line in self.plan.warnings():
            _LOG.warning("%s: %s", path, line)

    def copy_until(self, time_s: Fraction) -> None:
        """Mux the packets up to a time, given in seconds of the output."""
        self._write(self._packets.up_to(time_s))

    def copy_rest(self, end_s: Fraction) -> None:
        """Mux all packets that are left; of an excerpt, up to where the video ends.

        Args:
            end_s: The end of the video, in seconds of the output.
        """
        self._write(self._packets.rest(end_s))
        for index, stream in self._streams.items():
            self._mux_all(stream.flush(), index)

    @property
    def empty_kinds(self) -> list[str]:
        """Kinds of the streams into which no packet has gone."""
        empty = (self._input.streams[i] for i in self._streams if i not in self._written)
        return ["attachment" if is_cover(stream) else stream.type for stream in empty]

    def _write(self, packets: Iterable[Packet[Stream]]) -> None:
        for packet in packets:
            index = packet.stream_index
            self._mux_all(self._streams[index].convert(packet), index)

    def _mux_all(self, packets: list[Packet[Stream]], index: int) -> None:
        stream = self._streams[index].stream
        tick = Fraction(stream.time_base.numerator, stream.time_base.denominator)
        for packet in packets:
            self._order.mend(packet, index, tick)
            packet.stream = stream
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


def _move_timecode(
    tags: MutableMapping[str, str], main: VideoStream | None, info: ClipInfo
) -> None:
    """Let a time code say what the output's first frame has."""
    if main is None:
        return
    rate, unit, start_s = main.average_rate, main.time_base, Fraction(0)
    if info.covers is not None:
        origin_s = Fraction((main.start_time or 0) * unit.numerator, unit.denominator)
        start_s = info.covers.start_s - origin_s
    for name in [name for name in tags if name.lower() == "timecode"]:
        if rate and info.rate:
            given = Fraction(rate.numerator, rate.denominator)
            tags[name] = moved_timecode(tags[name], rate=given, new_rate=info.rate, start_s=start_s)
