"""The container of a media file, open for reading, and its video tracks."""

from __future__ import annotations

from pathlib import Path

from av.container import InputContainer
from av.error import FFmpegError
from av.video.stream import VideoStream

from vsfilter.errors import OptionError, SourceError, SourceNotFoundError
from vsfilter.input_limits import WITHIN_REASON, InputLimits, is_url
from vsfilter.media.media_file import film_tracks, open_media


def open_container(path: str, limits: InputLimits = WITHIN_REASON) -> InputContainer:
    """Open a media file for reading.

    Args:
        path: A file, or a URL where the limits allow it.
        limits: What it may name.

    Raises:
        SourceNotFoundError: There is no such file.
        SourceError: FFmpeg cannot read it, or it names other files or hosts.
    """
    limits.check_name(path)
    if not is_url(path) and not Path(path).exists():
        raise SourceNotFoundError(f"input {path!r} does not exist: check the path")
    if Path(path).exists() and not Path(path).is_file():
        raise SourceError(f"input {path!r} is not a file: give a media file")
    try:
        return open_media(path, limits)
    except (FFmpegError, OSError) as error:
        reason = error.strerror or str(error)
        raise SourceError(f"input {path!r} cannot be read by FFmpeg: {reason}") from error


def video_track(container: InputContainer, path: str, *, track: int) -> VideoStream:
    """Give a video stream by number, without counting cover art.

    Raises:
        OptionError: `track` is negative.
        SourceError: There is no such track, or no decoder for it.
    """
    if track < 0:
        raise OptionError(f"track is {track}: give 0 for the first video track")
    found = film_tracks(container)
    if not found:
        raise SourceError(f"input {path!r} has no video track: give a file with pictures")
    if track >= len(found):
        raise SourceError(
            f"input {path!r} has no video track {track}: its tracks are 0 to {len(found) - 1}"
        )
    stream = found[track]
    if stream.codec_context is None:
        raise SourceError(f"input {path!r}: FFmpeg has no decoder for its video track {track}")
    return stream
