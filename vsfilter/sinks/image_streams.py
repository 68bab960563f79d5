"""What images cannot hold of an input."""

from __future__ import annotations

import logging
from pathlib import Path

import av
from av.error import FFmpegError

from vsfilter.clip import ClipInfo
from vsfilter.errors import SinkError
from vsfilter.sinks.attachments import is_cover
from vsfilter.sinks.output_file import Streams

_LOG = logging.getLogger(__name__)


def image_streams(streams_from: Path | None, info: ClipInfo) -> Streams:
    """Tell what becomes of the streams of an input: images hold the video alone.

    What is lost is one warning, and another one where the picture is to be turned.

    Args:
        streams_from: The input; None where it has no streams.
        info: What holds for every frame of the output.

    Raises:
        SinkError: It cannot be read.
    """
    dropped: list[str] = []
    if streams_from is not None:
        try:
            with av.open(f"file:{streams_from}") as container:
                videos = [s for s in container.streams.video if not is_cover(s)]
                others = [s for s in container.streams if s not in videos[:1]]
                dropped = [f"{stream.index} ({stream.type})" for stream in others]
        except (FFmpegError, OSError) as error:
            raise SinkError(f"cannot read {str(streams_from)!r}: {error.strerror}") from error
    if dropped:
        _LOG.warning("images hold no streams of %s: %s", streams_from, ", ".join(dropped))
    if info.rotation or info.is_flipped:
        mirrored = " and mirrored" if info.is_flipped else ""
        _LOG.warning(
            "images cannot say that they are to be turned by %d degrees%s", info.rotation, mirrored
        )
    return Streams(counts={"video": 1}, dropped=tuple(dropped))
