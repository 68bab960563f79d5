"""Video files, by PyAV where it is installed, else by OpenCV."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING

from .clip import MOST_SKIPPED, ClipSize, Pixels
from .data_hash import hash_files, stamp_files, stamp_if_there

if TYPE_CHECKING:
    from .opencv_video import OpenCvVideo
    from .pyav_video import PyavVideo

COUNTED_SUFFIXES = {".avi", ".mov", ".mp4"}
LONGEST_PREDICTION = 250
"""Frames from one that stands for itself to the next, in what most encoders make at most."""


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

    def stamp(self) -> str:
        """See `Clip`."""
        return stamp_files([self.path])

    def digest(self) -> str:
        """See `Clip`."""
        return hash_files([self.path])

    def size(self) -> ClipSize:
        """See `Clip`; where the header of a file does not tell the frames, they are counted."""
        return _size(self, stamp_if_there(self.path))

    def frames(self, start: int = 0) -> Iterator[Pixels]:
        """See `Clip`."""
        return self._video().frames(start)

    def after_damage(self, number: int) -> int:
        """See `Clip`; where a seek leads, over what was predicted from the damaged frame."""
        with_lead = 1 + MOST_SKIPPED + 1  # a deinterlacer wants the frame before it too
        return max(number + LONGEST_PREDICTION, with_lead)

    def read(self, start: int = 0, count: int | None = None) -> Pixels:
        """See `Clip`."""
        return self._video().read(start, count)

    def _video(self) -> PyavVideo | OpenCvVideo:
        """Choose what reads it; machines that are lent for their GPU often lack PyAV."""
        if find_spec("av") is not None:
            from .pyav_video import PyavVideo

            return PyavVideo(self.path)
        from .opencv_video import OpenCvVideo

        return OpenCvVideo(self.path)


@cache
def _size(clip: VideoClip, stamp: str) -> ClipSize:
    """Give the size of a file that did not change since it had this stamp: it is asked often."""
    return clip._video().size()
