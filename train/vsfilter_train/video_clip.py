"""Video files, by OpenCV, which machines without the media libraries have too."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np

from vsfilter.errors import SourceError
from vsfilter.input_limits import is_playlist

from .clip import ClipSize, Pixels, refuse_large

COUNTED_SUFFIXES = {".avi", ".mov", ".mp4"}
MOST_SKIPPED = 300
"""Frames that are decoded to come to another one exactly; OpenCV counts frames by their times when
it seeks, which may be a frame off in a file of variable frame rate."""


@dataclass(frozen=True, slots=True)
class VideoClip:
    """A video file.

    Attributes:
        path: Where it is.
    """

    path: Path

    @property
    def name(self) -> str:
        """Name of the file."""
        return self.path.name

    @property
    def stored_bytes(self) -> int:
        """See `Clip`."""
        return self.path.stat().st_size

    @property
    def has_exact_size(self) -> bool:
        """See `Clip`; others tell only how long they are."""
        return self.path.suffix.lower() in COUNTED_SUFFIXES

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

    def frames(self) -> Iterator[Pixels]:
        """See `Clip`."""
        capture = self._open()
        try:
            is_there, frame = capture.read()
            if not is_there:
                raise self._unreadable()
            while is_there:
                yield np.ascontiguousarray(frame[..., ::-1], dtype=np.uint8)
                is_there, frame = capture.read()
        finally:
            capture.release()

    def read(self, start: int = 0, count: int | None = None) -> Pixels:
        """See `Clip`."""
        capture = self._open()
        try:
            if start > MOST_SKIPPED:
                is_there = capture.set(cv2.CAP_PROP_POS_FRAMES, start)
            else:
                is_there = all(capture.grab() for _ in range(start))
            frames: list[Pixels] = []
            while is_there and len(frames) != count:
                is_there, frame = capture.read()
                if is_there:
                    frames.append(frame[..., ::-1].astype(np.uint8, copy=False))
        finally:
            capture.release()
        if not frames:
            raise (
                SourceError(f"'{self.path}' has no frame {start}") if start else self._unreadable()
            )
        return np.stack(frames)

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
