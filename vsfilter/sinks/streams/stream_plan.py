"""What becomes of every stream of an input in an output container."""

from __future__ import annotations

import io
from collections.abc import Iterable
from dataclasses import replace
from fractions import Fraction
from itertools import pairwise
from pathlib import Path
from typing import TYPE_CHECKING

import av
from av.audio.stream import AudioStream
from av.container import InputContainer
from av.error import FFmpegError
from av.stream import Discard, Stream
from av.subtitles.stream import SubtitleStream
from av.video.stream import VideoStream

from vsfilter.errors import SinkError
from vsfilter.media.media_file import film_tracks, open_media
from vsfilter.sinks.output_path import FORMATS
from vsfilter.sinks.streams.attachments import COVER_TYPES, is_cover
from vsfilter.sinks.streams.audio_target import choose_audio, is_misread
from vsfilter.sinks.streams.copied_stream import add_copied
from vsfilter.sinks.streams.languages import keeps_language
from vsfilter.sinks.streams.lost_flags import lost_flags
from vsfilter.sinks.streams.lost_tags import lost_tags, lost_track_tags
from vsfilter.sinks.streams.stream_fate import StreamFate, StreamPlan
from vsfilter.sinks.streams.subtitle_converter import subtitle_target

if TYPE_CHECKING:
    from av.container.core import Chapter

_STYLED = ("ass", "ssa")
_GAP_S = Fraction(1, 100)
"""A shorter gap between chapters is one of rounding."""


def plan_file(path: Path, *, suffix: str) -> StreamPlan:
    """Plan the streams of a file.

    Args:
        path: The input.
        suffix: Suffix of the output, such as ".mkv".

    Raises:
        SinkError: The input cannot be read.
    """
    try:
        with open_media(path) as container:
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
            _with_small_losses(
                StreamFate(index=stream.index, name="video", action="restore")
                if stream is main
                else _fate(stream, format),
                stream,
                format,
            )
            for stream in container.streams
        ),
        dropped_tags=lost_tags(container.metadata, format),
        has_lost_ends=format in ("mp4", "mov") and _has_gaps(container.chapters()),
    )


def _has_gaps(chapters: Iterable[Chapter]) -> bool:
    """Tell whether chapters do not follow each other; those of MP4 last until the next one."""
    times = [
        (chapter["start"] * unit, chapter["end"] * unit)
        for chapter in chapters
        for unit in (Fraction(chapter["time_base"].numerator, chapter["time_base"].denominator),)
    ]
    return any(abs(start - end) > _GAP_S for (_, end), (start, _) in pairwise(times))


def main_video(container: InputContainer) -> VideoStream | None:
    """Give the track that is restored: the first one that is no cover."""
    return next(iter(film_tracks(container)), None)


def _fate(stream: Stream, format: str) -> StreamFate:
    kept = StreamFate(index=stream.index, name=stream_name(stream), action="copy")
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
    if _is_holdable(stream, format) and not (
        isinstance(stream, AudioStream) and is_misread(stream.codec_context, format)
    ):
        return kept
    return _converted(stream, kept, format) or dropped


def _with_small_losses(fate: StreamFate, stream: Stream, format: str) -> StreamFate:
    """Add what a stream that is kept loses of its flags, tags and language."""
    if fate.action not in ("restore", "copy", "convert"):
        return fate
    flags = lost_flags(stream.disposition, format, is_subtitle=stream.type == "subtitle")
    tags = lost_track_tags(stream.metadata, format, is_cover=is_cover(stream))
    losses = [fate.loss] if fate.loss else []
    if flags:
        losses.append(f"its flags {' and '.join(flags)} are lost")
    if tags:
        losses.append(f"its tags {' and '.join(tags)} are lost")
    languages = (text for name, text in stream.metadata.items() if name.lower() == "language")
    losses += [
        f"its language {language} is lost"
        for language in languages
        if not keeps_language(language, format)
    ]
    return replace(fate, loss=", ".join(losses) or None)


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
            add_copied(output, stream)
            output.start_encoding()
    except (ValueError, FFmpegError):
        return False
    return True


def stream_name(stream: Stream) -> str:
    """Name a stream by its kind and codec: "audio aac"."""
    if stream.type in ("data", "attachment"):
        detail = stream.name or stream.metadata.get("handler_name", "")
    else:
        detail = stream.codec_context.codec.canonical_name if stream.codec_context else ""
    kind = "cover" if is_cover(stream) else stream.type
    return f"{kind} {detail}".strip()
