"""The stream of an output that stands for one of the input's."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from av.audio.stream import AudioStream
from av.container import OutputContainer
from av.packet import Packet
from av.stream import AttachmentStream, Stream
from av.subtitles.stream import SubtitleStream

from vsfilter.errors import SinkError
from vsfilter.sinks.streams.attachments import add_attachment, add_cover
from vsfilter.sinks.streams.audio_converter import AudioConverter
from vsfilter.sinks.streams.copied_stream import add_copied
from vsfilter.sinks.streams.languages import language_for
from vsfilter.sinks.streams.lost_tags import kept_tags
from vsfilter.sinks.streams.stream_fate import StreamFate
from vsfilter.sinks.streams.subtitle_converter import SubtitleConverter


@dataclass(frozen=True, slots=True, kw_only=True)
class OutputStream:
    """A stream into which packets go.

    Attributes:
        stream: The stream of the output.
        converter: What makes its packets of those of the input; None where they are copied.
    """

    stream: Stream
    converter: AudioConverter | SubtitleConverter | None = None

    def convert(self, packet: Packet[Stream]) -> list[Packet[Stream]]:
        """Give the packets that stand for one of the input."""
        return [packet] if self.converter is None else self.converter.convert(packet)

    def flush(self) -> list[Packet[Stream]]:
        """Give what is left when all packets have been converted."""
        return [] if self.converter is None else self.converter.flush()


def add_stream(
    output: OutputContainer, source: Stream, fate: StreamFate, *, path: Path
) -> OutputStream | None:
    """Carry out what is planned for a stream, in an output that has no header yet.

    Args:
        output: The output.
        source: The stream of the input.
        fate: What becomes of it.
        path: The input.

    Returns:
        The stream of the output; None where no packets go into one.

    Raises:
        SinkError: There is no way to convert the stream.
    """
    if fate.action == "attach":
        _attach(output, source, path)
        return None
    if fate.action == "copy":
        added = OutputStream(stream=add_copied(output, source))
    elif fate.action == "convert":
        added = _add_converted(output, source, fate)
    else:
        return None
    tags = kept_tags(source.metadata)
    if "language" in tags:
        tags["language"] = language_for(tags["language"], output.format.name)
    added.stream.metadata.update(tags)
    added.stream.disposition = source.disposition
    return added


def _attach(output: OutputContainer, source: Stream, path: Path) -> None:
    if isinstance(source, AttachmentStream):
        add_attachment(output, source)
    else:
        add_cover(output, source, path)


def _add_converted(output: OutputContainer, source: Stream, fate: StreamFate) -> OutputStream:
    converter: AudioConverter | SubtitleConverter
    if isinstance(source, AudioStream) and fate.audio is not None:
        converter = AudioConverter(source, output, fate.audio)
    elif isinstance(source, SubtitleStream) and fate.target is not None:
        converter = SubtitleConverter(source, output, fate.target)
    else:
        raise SinkError(f"stream {fate.index} ({fate.name}) cannot be converted: report this")
    return OutputStream(stream=converter.stream, converter=converter)
