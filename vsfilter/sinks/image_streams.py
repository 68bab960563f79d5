"""What images keep of the streams of an input: the picture alone."""

from __future__ import annotations

import logging
from fractions import Fraction
from pathlib import Path

from av.error import FFmpegError

from vsfilter.errors import SinkError
from vsfilter.media.broadcast_start import broadcast_start
from vsfilter.media.media_file import open_media
from vsfilter.sinks.output_file import Streams
from vsfilter.sinks.streams.lost_tags import kept_file_tags
from vsfilter.sinks.streams.stream_fate import StreamFate, StreamPlan
from vsfilter.sinks.streams.stream_plan import main_video, stream_name

_LOG = logging.getLogger(__name__)


def plan_images(path: Path) -> StreamPlan:
    """Plan the streams of an input that becomes images.

    Raises:
        SinkError: The input cannot be read.
    """
    try:
        with open_media(path) as container:
            main = main_video(container)
            fates = tuple(
                StreamFate(index=stream.index, name="video", action="restore")
                if stream is main
                else StreamFate(
                    index=stream.index, name=stream_name(stream), action="drop", loss="left out"
                )
                for stream in container.streams
            )
            tags = sorted(kept_file_tags(container.metadata))
            chapters = ["chapters"] if container.chapters() else []
    except (FFmpegError, OSError) as error:
        raise SinkError(f"cannot read {str(path)!r}: {error.strerror}") from error
    return StreamPlan(fates=fates, dropped_tags=(*tags, *chapters), has_lost_ends=False)


def start_of(path: Path | None) -> Fraction:
    """Give the seconds that are taken off the times of an input's frames; 0 without an input."""
    if path is None:
        return Fraction(0)
    try:
        with open_media(path) as container:
            return broadcast_start(container, main_video(container), path=str(path))
    except (FFmpegError, OSError) as error:
        raise SinkError(f"cannot read {str(path)!r}: {error.strerror}") from error


def image_streams(streams_from: Path | None) -> Streams:
    """Tell what becomes of the streams of an input; say in a line each what is left out.

    Args:
        streams_from: The input; None where it has no streams.

    Raises:
        SinkError: It cannot be read.
    """
    dropped: tuple[str, ...] = ()
    if streams_from is not None:
        plan = plan_images(streams_from)
        dropped = plan.dropped
        for line in plan.warnings():
            _LOG.warning("%s: %s", streams_from, line)
    return Streams(counts={"video": 1}, converted=(), dropped=dropped)
