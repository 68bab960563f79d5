"""What a clip to train on is."""

from __future__ import annotations

import hashlib
from abc import ABC, abstractmethod
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from vsfilter.errors import SourceError
from vsfilter.input_limits import LARGEST_PICTURE_PX

type Pixels = NDArray[np.uint8]
"""(h, w, 3) or (t, h, w, 3), RGB."""
MOST_SKIPPED = 300
"""Frames of a video that are decoded to come to another one exactly; beyond them it is found by its
time; OpenCV, where PyAV is not installed, knows only the mean rate of files whose rate varies."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ClipSize:
    """How large a clip is.

    Attributes:
        frames: Number of frames; of a video file what its header says.
        height: In px.
        width: In px.
    """

    frames: int
    height: int
    width: int


def refuse_large(name: str, width: int, height: int) -> None:
    """Refuse pictures that are too large, before memory is taken for them.

    Args:
        name: The file, for the message.
        width: What its header says, in px.
        height: The same.

    Raises:
        SourceError: They have more pixels than any that is meant.
    """
    if width * height > LARGEST_PICTURE_PX:
        raise SourceError(
            f"'{name}' has pictures of {width}x{height} px: training reads up to "
            f"{LARGEST_PICTURE_PX} pixels"
        )


class Clip(Protocol):
    """Frames of a video file, a folder of pictures or a database."""

    @property
    def name(self) -> str:
        """Its name, unique in its folder."""

    @property
    def stored_bytes(self) -> int:
        """How large what is stored of it is; when this changes, it is another clip."""

    @property
    def has_exact_size(self) -> bool:
        """Whether its frames are counted somewhere; else their number is an estimate."""

    def stamp(self) -> str:
        """Give a word that changes when it does, without reading it."""

    def digest(self) -> str:
        """Hash what is stored of it, in bounded memory; in hex.

        Raises:
            OSError: It cannot be read.
        """

    def size(self) -> ClipSize:
        """Tell how large it is, without decoding all of it.

        Raises:
            SourceError: It cannot be read.
        """

    def frames(self, start: int = 0) -> Iterator[Pixels]:
        """Decode it from a frame on, (h, w, 3) at a time; give nothing beyond its end.

        Raises:
            SourceError: It cannot be read, or a frame has another size.
        """

    def after_damage(self, number: int) -> int:
        """Tell from which frame on to try again after one that cannot be read."""

    def read(self, start: int = 0, count: int | None = None) -> Pixels:
        """Decode frames (t, h, w, 3).

        Args:
            start: The first one, from 0.
            count: How many, fewer where the clip ends; None reads to its end.

        Raises:
            SourceError: It cannot be read, or has no such frame.
        """


@dataclass(frozen=True, slots=True, kw_only=True)
class ClipPart(ABC):
    """What is made of one clip alone: the part of a `Clip` that does not depend on how.

    Attributes:
        clip: The clip.
    """

    clip: Clip

    @property
    @abstractmethod
    def part(self) -> str:
        """Say what is made of the clip; when this changes, it is another one."""

    @property
    def name(self) -> str:
        """The name of the clip, as it is of the same material."""
        return self.clip.name

    @property
    def stored_bytes(self) -> int:
        """See `Clip`."""
        return self.clip.stored_bytes

    @property
    def has_exact_size(self) -> bool:
        """See `Clip`."""
        return True

    def stamp(self) -> str:
        """See `Clip`."""
        return f"{self.clip.stamp()} {self.part}"

    def digest(self) -> str:
        """See `Clip`; of what is stored and of what is made of it."""
        return hashlib.sha256(f"{self.clip.digest()} {self.part}".encode()).hexdigest()


@dataclass(frozen=True, slots=True, kw_only=True)
class Scene(ClipPart):
    """Some frames of a clip without a cut among them.

    Attributes:
        start: The first frame, from 0.
        count: Number of frames.
    """

    start: int
    count: int

    @property
    def part(self) -> str:
        """Which frames of the whole clip these are."""
        return f"{self.start}+{self.count}"

    def size(self) -> ClipSize:
        """See `Clip`."""
        whole = self.clip.size()
        return ClipSize(frames=self.count, height=whole.height, width=whole.width)

    def frames(self, start: int = 0) -> Iterator[Pixels]:
        """See `Clip`."""
        yield from self.read(start)

    def after_damage(self, number: int) -> int:
        """See `Clip`."""
        return self.clip.after_damage(self.start + number) - self.start

    def read(self, start: int = 0, count: int | None = None) -> Pixels:
        """See `Clip`."""
        left = self.count - start
        return self.clip.read(self.start + start, left if count is None else min(count, left))
