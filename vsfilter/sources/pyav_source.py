"""Frames of a media file in order, decoded by FFmpeg."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from itertools import chain, islice

from av.video.frame import VideoFrame

from vsfilter.clip import ClipInfo
from vsfilter.closing import Closing
from vsfilter.errors import SourceError
from vsfilter.frame import Frame
from vsfilter.input_limits import WITHIN_REASON, InputLimits
from vsfilter.sources.frame_maker import FrameMaker
from vsfilter.sources.packet_scan import PacketScan, has_exact_packets
from vsfilter.sources.video_decoder import VideoDecoder, no_frame_text


class FileSource(Closing):
    """A media file, read once from its first frame to its last, or from a later one.

    Args:
        path: A file, or a URL that FFmpeg knows.
        track: Number of the video track, from 0; cover art does not count.
        threads: Threads of the decoder, 0 for one a core.
        limits: How much of it is read, and what it may name.

    Attributes:
        decoded_count: Pictures decoded so far.

    Raises:
        SourceNotFoundError: There is no such file.
        SourceError: FFmpeg cannot read it, or it has no such video track or no frame.
    """

    def __init__(
        self,
        path: str,
        *,
        track: int = 0,
        threads: int = 0,
        limits: InputLimits = WITHIN_REASON,
    ) -> None:
        self.decoded_count = 0
        self._path = path
        self._next = 0  # number of the frame that comes next
        self._decoder = VideoDecoder(path, track=track, threads=threads, limits=limits)
        try:
            pictures = self._decode()
            first = next(pictures, None)
            if first is None:
                raise SourceError(no_frame_text(self._decoder))
            self._pictures: Iterator[VideoFrame] = chain([first], pictures)
            self._maker = FrameMaker(path, self._decoder.stream, first)
            self._has_exact_packets = has_exact_packets(self._decoder.stream.container.format.name)
            self._scan = PacketScan(path, track=track, first_pts=first.pts, limits=limits)
            self._info = replace(
                self._maker.info, expected_frame_count=self._expected_frame_count()
            )
        except BaseException:
            self._decoder.close()
            raise

    @property
    def info(self) -> ClipInfo:
        """What holds for every frame; the frame count is known at the end only."""
        return self._info

    def _expected_frame_count(self) -> int | None:
        stream, rate = self._decoder.stream, self._maker.info.rate
        if stream.frames:
            return stream.frames
        duration_s = self._decoder.duration_s
        return max(1, round(duration_s * rate)) if duration_s and rate else None

    def _decode(self) -> Iterator[VideoFrame]:
        for picture in self._decoder.pictures():
            self.decoded_count += 1
            yield picture

    def __iter__(self) -> Iterator[Frame]:
        """Give the frames in order of pts, each once."""
        for picture in self._pictures:
            self._next += 1
            yield self._maker(picture)

    def frame_times(self) -> Iterator[int | None]:
        """Give the pts of each frame and the end of the last one, as far as packets tell them."""
        return self._scan.times() if self._has_exact_packets else iter([None])

    def frames_from(self, number: int) -> Iterator[Frame]:
        """Give the frames from a number on, as iterating from frame 0 would.

        What lies before is left out by a seek where the container is exact and the pictures after
        it have the times that the packets state; else it is decoded and dropped.

        Args:
            number: Number of the first frame.
        """
        way = self._scan.way_to(number) if self._has_exact_packets else []
        is_near = 0 <= number - self._next <= len(way)
        if is_near or not way or not self._seek(way, number):
            if number < self._next:
                self._restart()
            for picture in islice(self._pictures, number - self._next):
                self._next += 1
                self._maker.skip(picture)
        return iter(self)

    def _seek(self, way: list[int], number: int) -> bool:
        """Go to a frame, checking each picture on the way; where one is wrong, start anew.

        Args:
            way: Times of the frames from the target of the seek to the frame.
            number: Number of the frame.
        """
        # A flushed decoder forgets it, and would drop pictures until it has learnt it again
        depth = self._decoder.stream.codec_context.reorder_depth
        is_there = self._decoder.seek(way[0])
        self._decoder.stream.codec_context.reorder_depth = depth
        pictures = self._decode()
        expected = iter(way)
        wanted = next(expected)
        for picture in pictures if is_there else ():
            if picture.pts is not None and picture.pts < way[0]:
                continue  # may refer to what lies before the keyframe
            if picture.pts != wanted:
                break
            if wanted == way[-1]:
                self._maker.forget_times()
                self._pictures, self._next = chain([picture], pictures), number
                return True
            wanted = next(expected)
        self._restart()
        return False

    def _restart(self) -> None:
        self._decoder.restart()
        self._maker.forget_times()
        self._pictures, self._next = self._decode(), 0

    def close(self) -> None:
        """Release the file and the decoder; safe to call twice."""
        self._decoder.close()
