"""What becomes of every stream of an input in an output container."""

from __future__ import annotations

import io
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Literal

import av
from av.audio.stream import AudioStream
from av.container import InputContainer
from av.error import FFmpegError
from av.stream import Discard, Disposition, Stream
from av.subtitles.stream import SubtitleStream
from av.video.stream import VideoStream

from vsfilter.errors import SinkError
from vsfilter.sinks.attachments import COVER_TYPES, is_cover
from vsfilter.sinks.audio_target import AudioTarget, choose_audio
from vsfilter.sinks.lost_tags import lost_tags
from vsfilter.sinks.subtitle_converter import subtitle_target

FORMATS = {".mkv": "matroska", ".mp4": "mp4", ".mov": "mov", ".webm": "webm"}
"""FFmpeg's muxers by the suffix of an output."""
_ASIDE = Disposition.attached_pic | Disposition.timed_thumbnails
_STYLED = ("ass", "ssa")


@dataclass(frozen=True, slots=True, kw_only=True)
class StreamFate:
    """What becomes of one stream.

    Attributes:
        index: Its number in the input.
        name: Its kind and codec, for people: "audio aac".
        action: Restored; copied packet for packet; kept as an attachment; decoded and encoded
            anew; written by the muxer from tags and chapters; or left out.
        target: FFmpeg's encoder of a stream that is converted.
        audio: The settings of a converted audio stream.
        loss: What it loses, for people; None where nothing is lost.
    """

    index: int
    name: str
    action: Literal["restore", "copy", "attach", "convert", "rewrite", "drop"]
    target: str | None = None
    audio: AudioTarget | None = None
    loss: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class StreamPlan:
    """What becomes of the streams and tags of an input.

    Attributes:
        fates: One for each stream, in order.
        dropped_tags: Names of the global tags that the container has no place for.
    """

    fates: tuple[StreamFate, ...]
    dropped_tags: tuple[str, ...]

    def warnings(self) -> list[str]:
        """Say in a line each what is left out and what is converted."""
        dropped = [f"{fate.index} ({fate.name})" for fate in self.fates if fate.action == "drop"]
        converted = [
            f"{fate.index} ({fate.name} to {fate.target}{_words(fate)})"
            for fate in self.fates
            if fate.action == "convert"
        ]
        lines = []
        if dropped:
            lines.append(f"the output cannot hold these streams: {', '.join(dropped)}")
        if converted:
            lines.append(f"streams are converted for the output: {', '.join(converted)}")
        if self.dropped_tags:
            lines.append(f"the output cannot hold these tags: {', '.join(self.dropped_tags)}")
        return lines

    def losses(self) -> list[str]:
        """Say what the output will lack; nothing where all is kept."""
        lost = [
            f"stream {fate.index} ({fate.name}): {fate.loss}" for fate in self.fates if fate.loss
        ]
        return lost + [f"tag {name}" for name in self.dropped_tags]


def _words(fate: StreamFate) -> str:
    rate = f" at {fate.audio.bit_rate // 1000} kbit/s" if fate.audio and fate.audio.bit_rate else ""
    return f"{rate}, {fate.loss}" if fate.loss else rate


def plan_file(path: Path, *, suffix: str) -> StreamPlan:
    """Plan the streams of a file.

    Args:
        path: The input.
        suffix: Suffix of the output, such as ".mkv".

    Raises:
        SinkError: The input cannot be read.
    """
    try:
        with av.open(f"file:{path}") as container:
            return plan_streams(container, FORMATS[suffix.lower()])
    except (FFmpegError, OSError) as error:
        raise SinkError(f"cannot copy streams of {str(path)!r}: {error.strerror}") from error


def plan_streams(container: InputContainer, format: str) -> StreamPlan:
    """Plan the streams of an open input, before any of them is discarded.

    Args:
        container: The input.
        format: FFmpeg's name of the output's muxer.
    """
    main = main_video(container)
    return StreamPlan(
        fates=tuple(
            StreamFate(index=stream.index, name="video", action="restore")
            if stream is main
            else _fate(stream, format)
            for stream in container.streams
        ),
        dropped_tags=lost_tags(container.metadata, format),
    )


def main_video(container: InputContainer) -> VideoStream | None:
    """Give the track that is restored: the first one that is no cover."""
    streams = (stream for stream in container.streams.video if not stream.disposition & _ASIDE)
    return next(streams, None)


def _fate(stream: Stream, format: str) -> StreamFate:
    kept = StreamFate(index=stream.index, name=_name(stream), action="copy")
    dropped = replace(kept, action="drop", loss="left out")
    if stream.type == "attachment":
        return replace(kept, action="attach") if format == "matroska" else dropped
    if is_cover(stream):
        if format == "matroska" and stream.codec_context.name in COVER_TYPES:
            return replace(kept, action="attach")
        # QuickTime's muxer takes a cover and then forgets it
        return kept if format == "mp4" and _is_holdable(stream, format) else dropped
    # MP4's chapters are a track that its demuxer reads itself, and so is the time code, which
    # the muxers of MP4 and QuickTime write by the tag; in Matroska the tag is all there is
    if stream.type == "data" and (stream.discard == Discard.all or _is_timecode(stream)):
        return replace(kept, action="rewrite")
    if _is_holdable(stream, format):
        return kept
    return _converted(stream, kept, format) or dropped


def _converted(stream: Stream, kept: StreamFate, format: str) -> StreamFate | None:
    context = stream.codec_context
    if isinstance(stream, SubtitleStream) and context is not None:
        target = subtitle_target(context.name, format)
        if target is not None:
            loss = "its styles are lost" if context.name in _STYLED else None
            return replace(kept, action="convert", target=target, loss=loss)
    if isinstance(stream, AudioStream) and context is not None:
        audio = choose_audio(stream.codec_context, format)
        if audio is not None:
            loss = "encoded anew" if audio.bit_rate else None
            return replace(kept, action="convert", target=audio.encoder, audio=audio, loss=loss)
    return None


def _is_timecode(stream: Stream) -> bool:
    return stream.name is None and "timecode" in stream.metadata


def _is_holdable(stream: Stream, format: str) -> bool:
    """Ask the muxer itself, by a header in memory with this stream alone."""
    if stream.type == "data":
        # GoPro's is the only kind of data whose sample description FFmpeg's muxer writes; of
        # others it makes a damaged one
        if stream.name != "bin_data" or format not in ("mp4", "mov"):
            return False
    elif stream.codec_context is None or stream.type == "unknown":
        return False
    try:
        with av.open(io.BytesIO(), "w", format=format) as output:
            output.add_stream_from_template(stream, opaque=True)
            output.start_encoding()
    except (ValueError, FFmpegError):
        return False
    return True


def _name(stream: Stream) -> str:
    if stream.type in ("data", "attachment"):
        detail = stream.name or stream.metadata.get("handler_name", "")
    else:
        detail = stream.codec_context.codec.canonical_name if stream.codec_context else ""
    kind = "cover" if is_cover(stream) else stream.type
    return f"{kind} {detail}".strip()
