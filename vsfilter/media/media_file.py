"""Media files: opened so that nothing else is read, no other file, no host, no script."""

from __future__ import annotations

import io
from functools import cache
from pathlib import Path

import av
from av.container import InputContainer
from av.stream import Disposition
from av.video.stream import VideoStream

from vsfilter.input_limits import WITHIN_REASON, InputLimits

_LISTS = "concat dash hls applehttp imf sdp rtsp rtp sap vobsub"
_CODE = "avisynth lavfi vapoursynth"
_NUMBERED = "image2"
_DEVICES = (
    "alsa avfoundation decklink dshow dvdvideo fbdev gdigrab jack kmsgrab libcdio oss pulse sndio "
    "v4l2 vfwcap video4linux2 x11grab"
)
_REACHING_OUT = frozenset(" ".join((_LISTS, _CODE, _NUMBERED, _DEVICES)).split())
"""FFmpeg's demuxers that open more than the file they are given."""
_URL_TIMEOUT_S = 60.0
_JPEG_SUFFIXES = (".jpg", ".jpeg")
_JPEG_START = b"\xff\xd8\xff"
_PROGRAM_START = b"\0\0\1\xba"
_LONG_LOOK = {"probesize": str(1 << 27), "analyzeduration": str(600 * av.time_base)}
"""Programme streams, such as a DVD's, list their streams nowhere: a subtitle's may begin late."""
_BUFFER_BYTES = 1 << 16
ASIDE = Disposition.attached_pic | Disposition.timed_thumbnails
"""Flags of video streams that are pictures beside a film: its cover, its thumbnails."""


def open_media(path: str | Path, limits: InputLimits = WITHIN_REASON) -> InputContainer:
    """Open a media file, or a URL where that is allowed, for reading.

    FFmpeg guesses what a file is from what it holds: a `film.mp4` may be a playlist that names
    `/etc/passwd` or a host of the local network. Its own two lists keep it from that: which
    demuxers it may choose, checked after the guess and before anything is read further, and which
    protocols these may use.

    Args:
        path: A file; its name is taken as it is, whatever signs are in it.
        limits: Whether it may be a URL or a playlist; the size of pictures that are decoded while
            the container is opened.

    Raises:
        FFmpegError: FFmpeg cannot read it, or may not.
        OSError: The same. Reading the container raises it where the disk fails.
    """
    options = {"max_pixels": str(limits.max_pixels)}
    is_file = Path(path).exists()
    if limits.allow_url:
        url = f"file:{path}" if is_file else str(path)
        timeout = None if is_file else _URL_TIMEOUT_S
        return av.open(url, options=options, timeout=timeout)
    options |= {"protocol_whitelist": "none", "format_whitelist": _safe_formats()}
    format = "jpeg_pipe" if _is_jpeg(path) else None
    if _begins_with(path, _PROGRAM_START):
        options |= _LONG_LOOK
    return av.open(_MediaFile(path), "r", format, options=options, buffer_size=_BUFFER_BYTES)


def _is_jpeg(path: str | Path) -> bool:
    """Tell whether a file is a JPEG picture: FFmpeg's guess at it looks too shortly at large ones.

    By their names it would take them for one of several numbered files then, which it may not read.
    """
    return Path(path).suffix.lower() in _JPEG_SUFFIXES and _begins_with(path, _JPEG_START)


def _begins_with(path: str | Path, start: bytes) -> bool:
    with Path(path).open("rb") as file:
        return file.read(len(start)) == start


def film_tracks(container: InputContainer) -> list[VideoStream]:
    """Give the video tracks that are films, not pictures beside one; the first is the main one."""
    return [stream for stream in container.streams.video if not stream.disposition & ASIDE]


class _MediaFile(io.FileIO):
    """A file as FFmpeg reads it, by which a disk that fails is told from a file that ends.

    FFmpeg's own reader takes both for the end of the file, so that the rest of a film would be
    missing without a word. PyAV raises what is raised here, but prints what is raised twice.
    """

    _has_failed = False

    def read(self, size: int | None = -1, /) -> bytes:
        """Give the next bytes; none after a failure."""
        if self._has_failed:
            return b""
        try:
            return super().read(size) or b""
        except OSError:
            self._has_failed = True
            raise

    def __del__(self) -> None:
        """Close the file with its container, which does not."""
        self.close()


@cache
def _safe_formats() -> str:
    """Name FFmpeg's demuxers but those that open more than their file, as it takes such lists."""
    found: set[str] = set()
    for name in av.formats_available:
        try:
            known_as = av.ContainerFormat(name, "r").name
        except ValueError:  # it is a muxer only
            continue
        if not _REACHING_OUT.intersection(known_as.split(",")):
            found.add(known_as)
    return ",".join(sorted(found))
