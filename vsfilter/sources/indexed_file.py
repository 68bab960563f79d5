"""Frames of a media file by number, in any order."""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Iterable, Iterator, Sequence

from av.video.frame import VideoFrame

from vsfilter.clip import ClipInfo
from vsfilter.closing import Closing
from vsfilter.errors import SourceError
from vsfilter.frame import Frame
from vsfilter.input_limits import WITHIN_REASON, InputLimits
from vsfilter.sources.decoded_frame import to_frame
from vsfilter.sources.file_index import checksum, open_index
from vsfilter.sources.frame_table import IndexEntry
from vsfilter.sources.video_decoder import VideoDecoder

_CACHE_BYTES = 128 * 2**20
_CACHE_FRAMES = 32
_WORTH_A_SEEK = 4
"""Frames ahead of the decoder from which a seek is tried, if a keyframe lies between."""
_STEPS_BACK_S = (0, 1, 5, 30)
"""How far before the wanted frame the container is asked to go, in seconds, one after another."""


class IndexedFile(Closing):
    """A media file whose frame n is always the n-th frame that reading from the start gives.

    The first opening decodes the whole file, for exact times and a checksum of every frame; later
    ones find these in the user's folder of caches, as long as the file is the same. A frame
    reached by seeking is handed out only if its checksum is right; else decoding begins earlier,
    at last at the start. So open GOPs, edit lists and containers that seek badly cost time, never
    a wrong frame. Frames read in order need no seek. May be used from several threads.

    Args:
        path: A file, or a URL that FFmpeg knows.
        track: Number of the video track, from 0; cover art does not count.
        limits: How much of it is read, and what it may name.

    Attributes:
        seek_count: Seeks so far.

    Raises:
        SourceNotFoundError: There is no such file.
        SourceError: FFmpeg cannot read it, or it has no such video track or no frame.
    """

    def __init__(self, path: str, *, track: int = 0, limits: InputLimits = WITHIN_REASON) -> None:
        self.seek_count = 0
        self._path = path
        self._lock = threading.Lock()
        self._cache: OrderedDict[int, Frame] = OrderedDict()
        self._pictures: Iterator[tuple[int, VideoFrame]] = iter(())
        self._decoder = VideoDecoder(path, track=track, limits=limits)
        try:
            self._index = open_index(self._decoder, track=track)
            self._entries = self._index.table.entries
            self._restart()
        except BaseException:
            self._decoder.close()
            raise

    @property
    def info(self) -> ClipInfo:
        """What holds for every frame, with the exact frame count."""
        return self._index.info

    @property
    def entries(self) -> Sequence[IndexEntry]:
        """What the index keeps of every frame."""
        return self._entries

    @property
    def pts(self) -> list[int]:
        """Presentation time of every frame, in units of the time base."""
        return [entry.pts for entry in self._entries]

    def frame(self, number: int) -> Frame:
        """Give a frame by its number, from 0.

        Raises:
            SourceError: There is no such frame, or the file no longer gives it.
        """
        count = len(self._entries)
        if not 0 <= number < count:
            raise SourceError(f"input {self._path!r} has no frame {number}: it has {count}")
        with self._lock:
            if number in self._cache:
                self._cache.move_to_end(number)
                return self._cache[number]
            found = self._reach(number)
            if found is None:
                self._restart()
                found = self._forward(number)
        if found is None:
            raise SourceError(f"input {self._path!r} no longer gives frame {number}: it changed")
        return found

    def _reach(self, number: int) -> Frame | None:
        """Go to a frame on the shortest way; None where that does not give the right one."""
        ahead = number - self._next
        if ahead >= 0 and (ahead < _WORTH_A_SEEK or not self._has_key(self._next + 1, number)):
            return self._forward(number)
        for back_s in _STEPS_BACK_S:
            target = self._stated(number) - round(back_s / self.info.time_base)
            if target <= self._stated(0) or not self._seek(target):
                return None
            found = self._forward(number)
            if found is not None:
                return found
        return None

    def _stated(self, number: int) -> int:
        """Give the pts by which the container knows a frame."""
        entry = self._entries[number]
        return entry.pts if entry.stated_pts is None else entry.stated_pts

    def _has_key(self, first: int, last: int) -> bool:
        return any(entry.is_key for entry in self._entries[first : last + 1])

    def _seek(self, pts: int) -> bool:
        if not self._index.numbers or not self._decoder.seek(pts):
            return False
        self.seek_count += 1
        # A flushed decoder forgets it, and would drop pictures until it has learnt it again
        self._decoder.stream.codec_context.reorder_depth = self._index.table.reorder_depth
        self._is_from_start = False
        self._pictures = self._numbered(self._decoder.pictures())
        return True

    def _numbered(self, pictures: Iterable[VideoFrame]) -> Iterator[tuple[int, VideoFrame]]:
        """Number what comes after a seek: by its pts, or by what came before; -1 where neither."""
        number = -1
        for picture in pictures:
            follows = number + 1 if number >= 0 else -1
            known = None if picture.pts is None else self._index.numbers.get(picture.pts)
            number = follows if known is None else known
            yield number, picture

    def _restart(self) -> None:
        """Go to the first frame; from there the frames are known by their order alone."""
        self._decoder.restart()
        self._is_from_start = True
        self._next = 0
        self._pictures = enumerate(self._decoder.pictures())

    def _forward(self, number: int) -> Frame | None:
        """Decode up to a frame; None where it does not come, or comes with other samples."""
        for here, picture in self._pictures:
            self._next = here + 1
            if here > number:
                return None
            if here < 0 or here < number - _CACHE_FRAMES // 2:
                continue
            entry = self._entries[here]
            frame = to_frame(
                picture, pts=entry.pts, duration=entry.duration, field_order=entry.field_order
            )
            is_right = self._is_from_start or checksum(frame) == entry.checksum
            if is_right:
                self._remember(here, frame)
            if here == number:
                return frame if is_right else None
        return None

    def _remember(self, number: int, frame: Frame) -> None:
        """Keep a frame for a while, and let the oldest ones go."""
        self._cache[number] = frame
        size = sum(plane.nbytes for plane in frame.planes)
        size += 0 if frame.alpha is None else frame.alpha.nbytes
        while len(self._cache) > max(1, min(_CACHE_FRAMES, _CACHE_BYTES // size)):
            self._cache.popitem(last=False)

    def close(self) -> None:
        """Release the file and the decoder; safe to call twice."""
        with self._lock:
            self._decoder.close()
