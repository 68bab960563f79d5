"""The converter that a stream's fate asks for."""

from __future__ import annotations

from av.audio.stream import AudioStream
from av.container import OutputContainer
from av.stream import Stream
from av.subtitles.stream import SubtitleStream

from vsfilter.errors import SinkError
from vsfilter.sinks.audio_converter import AudioConverter
from vsfilter.sinks.stream_fate import StreamFate
from vsfilter.sinks.subtitle_converter import SubtitleConverter

Converter = AudioConverter | SubtitleConverter


def open_converter(stream: Stream, output: OutputContainer, fate: StreamFate) -> Converter:
    """Add a stream of another codec to an output that has no header yet.

    Raises:
        SinkError: There is no way to convert the stream.
    """
    if isinstance(stream, AudioStream) and fate.audio is not None:
        return AudioConverter(stream, output, fate.audio)
    if isinstance(stream, SubtitleStream) and fate.target is not None:
        return SubtitleConverter(stream, output, fate.target)
    raise SinkError(f"stream {fate.index} ({fate.name}) cannot be converted: report this")
