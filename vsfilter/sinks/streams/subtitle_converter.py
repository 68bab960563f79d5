"""A text subtitle that is written in the words of another container."""

from __future__ import annotations

import logging
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import TypeGuard

from av.container import OutputContainer
from av.error import FFmpegError
from av.packet import Packet
from av.stream import Stream
from av.subtitles.stream import SubtitleStream
from av.subtitles.subtitle import AssSubtitle, Subtitle, SubtitleSet

from vsfilter.errors import SinkError
from vsfilter.sinks.streams.text_spans import TextSpan, TextSpans, join_lines

_LOG = logging.getLogger(__name__)
_TEXT = ("subrip", "srt", "ass", "ssa", "webvtt", "mov_text", "text")
_ONE_AT_A_TIME = ("mov_text",)
_TARGETS = {"matroska": "subrip", "webm": "webvtt", "mp4": "mov_text", "mov": "mov_text"}


def subtitle_target(codec: str, format: str) -> str | None:
    """Give the encoder of text subtitles for a container; None for subtitles that are pictures.

    Args:
        codec: FFmpeg's name of the decoder.
        format: FFmpeg's name of the output's muxer.
    """
    return _TARGETS.get(format) if codec in _TEXT else None


class SubtitleConverter:
    """Subtitles of one codec out of those of another, at the same times.

    Italics and the like are kept as far as the new codec knows them; ASS's own styles are lost.
    Lines that are shown at the same time become one text where the container has one at a time.

    Args:
        source: The stream of the input.
        output: The output, before its header is written.
        encoder: FFmpeg's name of the new codec.

    Attributes:
        stream: The stream of the output.

    Raises:
        SinkError: The encoder is none of subtitles.
    """

    def __init__(self, source: SubtitleStream, output: OutputContainer, encoder: str) -> None:
        self._decoder = source.codec_context
        self._decoder.open(strict=False)
        self._index = source.index
        stream = output.add_stream(encoder)
        if not isinstance(stream, SubtitleStream):
            raise SinkError(f"{encoder} is no subtitle encoder")
        self.stream = stream
        self.stream.codec_context.subtitle_header = self._decoder.subtitle_header
        self.stream.codec_context.time_base = source.time_base
        self.stream.time_base = source.time_base
        self._is_damaged = False
        self._spans = TextSpans() if encoder in _ONE_AT_A_TIME else None
        self._time_base = source.time_base

    def convert(self, packet: Packet[Stream]) -> list[Packet[Stream]]:
        """Convert a packet; one without text, as MP4 has between two lines, gives nothing."""
        with self._damage():
            subtitle = self._decoder.decode2(packet)
            lines = [] if subtitle is None else [line.ass for line in subtitle if _has_text(line)]
            if subtitle is None or packet.pts is None or not lines:
                return []
            self._time_base = packet.time_base
            if self._spans is not None:
                end = packet.pts + max(1, packet.duration or 0)
                return self._in_spans(self._spans.add(packet.pts, end, lines))
            return [self._encode(subtitle, packet.pts, packet.duration or 0)]
        return []

    def flush(self) -> list[Packet[Stream]]:
        """Give the lines whose end nothing has told so far."""
        with self._damage():
            return [] if self._spans is None else self._in_spans(self._spans.rest())
        return []

    def _in_spans(self, spans: Sequence[TextSpan]) -> list[Packet[Stream]]:
        packets = []
        for span in spans:
            length = span.end - span.begin
            text = SubtitleSet.create(join_lines(span.lines), start=0, end=length)
            packets.append(self._encode(text, span.begin, length))
        return packets

    def _encode(self, subtitle: SubtitleSet, begin: int, length: int) -> Packet[Stream]:
        made = self.stream.codec_context.encode_subtitle(subtitle)
        made.pts, made.dts, made.duration = begin, begin, length
        made.time_base = self._time_base
        return made

    @contextmanager
    def _damage(self) -> Iterator[None]:
        """Leave out what cannot be converted, and say so once."""
        try:
            yield
        except FFmpegError as error:
            if not self._is_damaged:
                self._is_damaged = True
                _LOG.warning("subtitle stream %d is damaged (%s)", self._index, error.strerror)


def _has_text(subtitle: Subtitle) -> TypeGuard[AssSubtitle]:
    return isinstance(subtitle, AssSubtitle) and bool(subtitle.dialogue.strip())
