"""Drawn clips to learn from, the same ones wherever and whenever they are drawn."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import islice

import numpy as np

from vsfilter.errors import SourceError
from vsfilter_train.clip import ClipSize, Pixels

from .layers import any_layers, draw
from .lettering import check_fonts

SIZE = (640, 360)
"""Width and height, in px."""
FRAMES = 12
_VERSION = 1
"""To be raised when the same number gives other pictures."""


@dataclass(frozen=True, slots=True, kw_only=True)
class DrawnClip:
    """Text, line art and textures in motion: a `Clip` that lies nowhere and is drawn when read.

    Attributes:
        number: Which one it is, from 0.

    Raises:
        OptionError: OpenCV has no outline fonts.
    """

    number: int

    def __post_init__(self) -> None:
        """Refuse what cannot be drawn here."""
        check_fonts()

    @property
    def name(self) -> str:
        """See `Clip`."""
        return f"drawn_{self.number:03}"

    @property
    def stored_bytes(self) -> int:
        """See `Clip`; nothing is stored."""
        return 0

    @property
    def has_exact_size(self) -> bool:
        """See `Clip`."""
        return True

    def stamp(self) -> str:
        """See `Clip`."""
        return f"drawn {_VERSION} {self.number}"

    def digest(self) -> str:
        """See `Clip`; of the number that it is drawn by."""
        return hashlib.sha256(self.stamp().encode()).hexdigest()

    def size(self) -> ClipSize:
        """See `Clip`."""
        width, height = SIZE
        return ClipSize(frames=FRAMES, height=height, width=width)

    def frames(self, start: int = 0) -> Iterator[Pixels]:
        """See `Clip`."""
        layers = any_layers(np.random.default_rng(self.number), SIZE)
        for t in range(start, FRAMES):
            yield draw(layers, t, SIZE)

    def after_damage(self, number: int) -> int:
        """See `Clip`."""
        return number + 1

    def read(self, start: int = 0, count: int | None = None) -> Pixels:
        """See `Clip`."""
        frames = list(islice(self.frames(start), count))
        if not frames:
            raise SourceError(f"'{self.name}' has no frame {start}")
        return np.stack(frames)


def drawn_clips(count: int) -> list[DrawnClip]:
    """List the first drawn clips, such as a recipe asks for by their number."""
    return [DrawnClip(number=number) for number in range(count)]
