"""Video files by OpenCV, for machines without PyAV: progressive ones only."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache, lru_cache
from itertools import islice
from pathlib import Path

import cv2
import numpy as np

from vsfilter.combed_lines import has_combed_lines
from vsfilter.errors import SourceError
from vsfilter.input_limits import is_playlist

from .clip import MOST_SKIPPED, ClipSize, Pixels, refuse_large

log = logging.getLogger(__name__)
LOOKED_AT = 60
"""Frames that tell whether a file is interlaced, from the first one that moves."""
MOST_STILL = 1000
"""Frames among which something has to move."""
LEAST_SEEN = 3
REMEDY = "install PyAV, by which interlaced videos are read (pip install av)"


@dataclass(frozen=True, slots=True)
class OpenCvVideo:
    """A video file.

    Attributes:
        path: Where it is.
    """

    path: Path

    def size(self) -> ClipSize:
        """See `Clip`; the header of some files does not tell the frames, so they are counted."""
        capture = self._open()
        try:
            frames = int(capture.get(cv2.CAP_PROP_FRAME_COUNT))
            height = int(capture.get(cv2.CAP_PROP_FRAME_HEIGHT))
            width = int(capture.get(cv2.CAP_PROP_FRAME_WIDTH))
            if frames < 1:
                frames = 0
                while capture.grab():
                    frames += 1
        finally:
            capture.release()
        if min(frames, height, width) < 1:
            raise self._unreadable()
        return ClipSize(frames=frames, height=height, width=width)

    def frames(self, start: int = 0) -> Iterator[Pixels]:
        """See `Clip`."""
        self._refuse_interlaced()
        frames = self.frames_from(start)
        first = next(frames, None)
        if first is None and start:
            return
        if first is None:
            raise self._unreadable()
        yield first
        yield from frames

    def read(self, start: int = 0, count: int | None = None) -> Pixels:
        """See `Clip`."""
        self._refuse_interlaced()
        frames = list(islice(self.frames_from(start), count))
        if not frames:
            raise (
                SourceError(f"'{self.path}' has no frame {start}") if start else self._unreadable()
            )
        return np.stack(frames)

    def frames_from(self, number: int) -> Iterator[Pixels]:
        """Give the frames (h, w, 3) from a number on, as OpenCV gives them."""
        capture = self._open()
        try:
            if number > MOST_SKIPPED:
                is_there = capture.set(cv2.CAP_PROP_POS_FRAMES, number)
            else:
                is_there = all(capture.grab() for _ in range(number))
            while is_there:
                is_there, frame = capture.read()
                if is_there:
                    yield np.ascontiguousarray(frame[..., ::-1], dtype=np.uint8)
        finally:
            capture.release()

    def _refuse_interlaced(self) -> None:
        _warn_of_old_version()
        finding = _find_fields(self, self.path.stat().st_mtime_ns) if self.path.is_file() else ""
        if finding:
            raise SourceError(f"'{self.path}' {finding}: {REMEDY}")

    def _open(self) -> cv2.VideoCapture:
        if is_playlist(str(self.path)):
            raise SourceError(
                f"'{self.path}' is a playlist, which names other files or hosts: give those"
            )
        # an absolute path is no URL, whatever signs are in it
        capture = cv2.VideoCapture(str(self.path.absolute()), cv2.CAP_FFMPEG)
        if not capture.isOpened():
            raise self._unreadable()
        width, height = (
            int(capture.get(side)) for side in (cv2.CAP_PROP_FRAME_WIDTH, cv2.CAP_PROP_FRAME_HEIGHT)
        )
        refuse_large(str(self.path), width, height)
        return capture

    def _unreadable(self) -> SourceError:
        return SourceError(f"'{self.path}' cannot be read as a video")


@lru_cache(maxsize=10_000)
def _find_fields(video: OpenCvVideo, time: int) -> str:
    """Look for fields in the first frames that move; once, while a file's time of change stays.

    OpenCV tells nothing of fields. Up to version 4 it gives interlaced frames as they are, and
    their lines look combed; from 5 on it cannot convert those of 4:2:0, and gives the last picture
    again without a word.

    Returns:
        What is wrong, or nothing.
    """
    del time  # a part of the key
    previous: Pixels | None = None
    combed = repeated = seen = 0
    for frame in islice(video.frames_from(0), MOST_STILL):
        is_repeated = previous is not None and np.array_equal(frame, previous)
        if seen or (previous is not None and not is_repeated):
            seen, repeated = seen + 1, repeated + is_repeated
            combed += has_combed_lines(frame[..., 1], bits=8)
        previous = frame
        if seen == LOOKED_AT:
            break
    if combed >= LEAST_SEEN and 2 * combed > seen:
        return "looks interlaced"
    if previous is not None and (not seen or (repeated >= LEAST_SEEN and 3 * repeated > seen)):
        return "repeats its pictures, as OpenCV gives what is interlaced"
    return ""


@cache
def _warn_of_old_version() -> None:
    """Say once that colours will be wrong, where they will."""
    if int(cv2.__version__.partition(".")[0]) < 5:
        log.warning(
            "OpenCV %s takes the colours of all videos for BT.601: install opencv-python 5 or PyAV",
            cv2.__version__,
        )
