"""A text subtitle that is written in the words of another container."""

from __future__ import annotations

import logging

from av.container import OutputContainer
from av.error import FFmpegError
from av.packet import Packet
from av.stream import Stream
from av.subtitles.stream import SubtitleStream
from av.subtitles.subtitle import AssSubtitle, Subtitle

from vsfilter.errors import SinkError

_LOG = logging.getLogger(__name__)
_TEXT = ("subrip", "srt", "ass", "ssa", "webvtt", "mov_text", "text")
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

    def convert(self, packet: Packet[Stream]) -> list[Packet[Stream]]:
        """Convert a packet; one without text, as MP4 has between two lines, gives nothing."""
        try:
            subtitle = self._decoder.decode2(packet)
            if subtitle is None or not any(_has_text(rectangle) for rectangle in subtitle):
                return []
            made = self.stream.codec_context.encode_subtitle(subtitle)
        except FFmpegError as error:
            if not self._is_damaged:
                self._is_damaged = True
                _LOG.warning("subtitle stream %d is damaged (%s)", self._index, error.strerror)
            return []
        made.pts, made.dts, made.duration = packet.pts, packet.pts, packet.duration
        made.time_base = packet.time_base
        return [made]

    def flush(self) -> list[Packet[Stream]]:
        """Give nothing: a subtitle is converted whole."""
        return []


def _has_text(subtitle: Subtitle) -> bool:
    return isinstance(subtitle, AssSubtitle) and bool(subtitle.dialogue.strip())
