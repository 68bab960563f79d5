"""The decoder of one video track of a file."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from fractions import Fraction

from av.error import FFmpegError
from av.video.frame import VideoFrame
from av.video.reformatter import ColorRange
from av.video.stream import VideoStream

from vsfilter.closing import Closing
from vsfilter.errors import SourceError
from vsfilter.input_limits import WITHIN_REASON, InputLimits
from vsfilter.media.input_clock import InputClock
from vsfilter.sources.input_container import open_container, video_track
from vsfilter.sources.track_decoder import open_decoder
from vsfilter.sources.track_packets import TrackPackets

_LOG = logging.getLogger(__name__)
STILLS = ("bmp", "jpeg2000", "jpegls", "mjpeg", "pam", "pgm", "png", "tiff", "webp")
"""FFmpeg's names of codecs of still pictures."""


class VideoDecoder(Closing):
    """Pictures of one video track, in order of presentation.

    Args:
        path: A file, or a URL that FFmpeg knows.
        track: Number of the video track, from 0; cover art does not count.
        threads: Threads of the decoder, 0 for one a core.
        limits: How much of it is read, and what it may name.
        is_strict: Damage after the first good picture is an error; else it is skipped.

    Attributes:
        limits: As given.
        stream: The video stream of the container.
        damaged_packets: Packets so far that the decoder refused.

    Raises:
        SourceNotFoundError: There is no such file.
        SourceError: FFmpeg cannot read it, or it has no such video track.
    """

    def __init__(
        self,
        path: str,
        *,
        track: int = 0,
        threads: int = 0,
        limits: InputLimits = WITHIN_REASON,
        is_strict: bool = False,
    ) -> None:
        self.path = path
        self.damaged_packets = 0
        self._is_strict = is_strict
        self._track = track
        self._threads = threads
        self.limits = limits
        self._clock = InputClock(path)
        self._container = open_container(path, limits)
        try:
            self.stream = self._select()
            self._refuse_missing_end()
        except BaseException:
            self._container.close()
            raise

    def _select(self) -> VideoStream:
        stream = video_track(self._container, self.path, track=self._track)
        self._packets = TrackPackets(self._container, stream, clock=self._clock)
        self.limits.check_size(self.path, width=stream.width, height=stream.height)
        self._context = open_decoder(
            stream,
            path=self.path,
            threads=self._threads,
            max_pixels=self.limits.max_pixels,
            is_strict=self._is_strict,
        )
        self._is_of_stills = stream.codec_context.name in STILLS
        return stream

    def _refuse_missing_end(self) -> None:
        """Refuse an MP4 file whose own table tells that frames lie beyond its end."""
        entries, size = self.stream.index_entries, self._container.size
        if size is None or not len(entries) or "mp4" not in self._container.format.name:
            return
        if entries[-1].pos + entries[-1].size <= size:
            return
        lost = sum(entry.pos + entry.size > size for entry in entries)
        raise SourceError(
            f"input {self.path!r} is cut off: {lost} of its {len(entries)} frames are missing: "
            "save the rest with ffmpeg -c copy first"
        )

    def pictures(self) -> Iterator[VideoFrame]:
        """Decode from where the container stands to its end.

        A packet that the decoder refuses is skipped, as ffmpeg does, and said once. A strict one
        skips damage before the first good picture only: recordings begin in the middle.

        Raises:
            SourceError: A picture is too large, or the file cannot be read; or it is damaged, and
                the decoder is strict.
        """
        limits, is_begun = self.limits, False
        try:
            for packet in self._packets:
                try:
                    decoded = self._context.decode(packet if packet.size else None)
                except FFmpegError as error:
                    self._note_damage(error, is_begun=is_begun)
                    continue
                for picture in decoded:
                    if self._is_strict and picture.is_corrupt:
                        if is_begun:
                            raise self._damage("a picture is incomplete")
                        continue
                    is_begun = True
                    limits.check_size(self.path, width=picture.width, height=picture.height)
                    if self._is_of_stills:
                        state_full_range(picture)
                    yield picture
        except FFmpegError as error:  # the container itself breaks off
            self._note_damage(error, is_begun=is_begun)
        except OSError as error:  # not the file is wrong, but its disk or network
            raise SourceError(
                f"input {self.path!r} cannot be read to its end: {error.strerror}: see to its disk "
                "or network"
            ) from error

    def _damage(self, reason: str | None) -> SourceError:
        return SourceError(f"input {self.path!r} is damaged ({reason})")

    def _note_damage(self, error: FFmpegError, *, is_begun: bool) -> None:
        if isinstance(error, EOFError):
            return
        if self._is_strict:
            if is_begun:
                raise self._damage(error.strerror) from error
            return
        self.damaged_packets += 1
        if self.damaged_packets == 1:
            _LOG.warning(
                "%s is damaged (%s): the parts that cannot be decoded are skipped",
                self.path,
                error.strerror,
            )

    def seek(self, pts: int) -> bool:
        """Go to a point from which the picture at `pts` can be decoded; tell whether that worked.

        Containers err here, so the caller checks where the next picture really lies.

        Args:
            pts: Presentation time, in units of the stream's time base.
        """
        try:
            self._container.seek(pts, stream=self.stream)
        except FFmpegError:
            return False
        self._packets.leave_clock()
        self._context.flush_buffers()
        return True

    def restart(self) -> None:
        """Open the file anew, so that the next picture is the first one."""
        self._container.close()
        self._container = open_container(self.path, self.limits)
        self.stream = self._select()

    @property
    def duration_s(self) -> Fraction | None:
        """What the container states of its duration, in s."""
        duration_us = self._container.duration
        return None if duration_us is None else Fraction(duration_us, 1_000_000)

    def close(self) -> None:
        """Release the file and the decoder; safe to call twice."""
        self._container.close()


def no_frame_text(decoder: VideoDecoder) -> str:
    """Say why a track gave no frame, as far as can be told."""
    reason = "it is damaged or cut off"
    if not decoder.stream.width:  # FFmpeg takes no size that is beyond its own limits or ours
        reason += f", or its pictures have more than {decoder.limits.max_pixels} pixels"
    return f"input {decoder.path!r}: no frame of its video track can be decoded: {reason}"


def state_full_range(picture: VideoFrame) -> None:
    """State of a gray still that it goes from black to white, as its kind of file means it.

    FFmpeg states that of colour JPEG and of PNG, and of gray JPEG and TIFF nothing.
    """
    if picture.format.name.startswith("gray") and picture.color_range == ColorRange.UNSPECIFIED:
        picture.color_range = ColorRange.JPEG
