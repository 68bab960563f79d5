"""Random samples cut from pairs, in batches."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from vsfilter.errors import OptionError, SourceError

from . import processes
from .batch import Batch, make_batch
from .clip import Clip
from .pairs import Pair, Patches, Place

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Draw:
    """A sample as it was drawn: which pair, where, and how it is turned."""

    pair: int
    place: Place
    is_reversed: bool
    is_mirrored: bool
    turns: int


class Samples:
    """Random batches; batch `number` is a pure function of the seed and its number.

    Args:
        pairs: Those with at least `frames` frames of `side` px are used.
        shares: How often each pair is used, in any unit; None goes by the pixels.
        side: Side of the input patches, in px.
        frames: Frames of a sample.
        batch: Samples a batch.
        seed: A whole number from 0.

    Raises:
        OptionError: No pair is long and large enough.
    """

    def __init__(  # noqa: PLR0913  # what a batch is, all of it
        self,
        pairs: Sequence[Pair],
        *,
        side: int,
        frames: int,
        batch: int,
        seed: int,
        shares: Sequence[float] | None = None,
    ) -> None:
        weights = shares or [1.0] * len(pairs)
        fitting = [
            (pair, weight)
            for pair, weight in zip(pairs, weights, strict=True)
            if fits(pair, side=side, frames=frames)
        ]
        if not fitting:
            raise OptionError(f"no clip has {frames} frames of {side}x{side} px")
        self.pairs = [pair for pair, _ in fitting]
        self.side, self.frames, self.batch, self.seed = side, frames, batch, seed
        self.left_out: dict[str, str] = {}
        mass = np.array([_values(pair) * weight for pair, weight in fitting], dtype=np.float64)
        self._share = mass / mass.sum()

    def __getitem__(self, number: int) -> Batch:
        """Cut what this process has of a batch."""
        return make_batch(self.cut(number), number=number, total=self.batch)

    def cut(self, number: int) -> list[tuple[int, Patches]]:
        """Cut this process's samples of a batch, each with its place in it."""
        random = np.random.default_rng((self.seed, number))
        chosen = random.choice(len(self.pairs), self.batch, p=self._share)
        draws = [self._draw(int(index), random) for index in chosen]
        return [(place, self._read(draws[place])) for place in processes.own(self.batch)]

    @property
    def names(self) -> list[str]:
        """The clips that samples are cut from, sorted."""
        return sorted({pair.name for pair in self.pairs})

    @property
    def sources(self) -> list[Clip]:
        """The clips, and given small versions of them, that samples are cut from."""
        return [clip for pair in self.pairs for clip in pair.sources]

    def _draw(self, index: int, random: np.random.Generator) -> _Draw:
        size = self.pairs[index].low_size
        start = int(random.integers(size.frames - self.frames + 1))
        y = int(random.integers(size.height - self.side + 1))
        x = int(random.integers(size.width - self.side + 1))
        return _Draw(
            pair=index,
            place=Place(start=start, frames=self.frames, x=x, y=y, side=self.side),
            is_reversed=bool(random.random() < 0.5),
            is_mirrored=bool(random.random() < 0.5),
            turns=int(random.integers(4)),
        )

    def _read(self, draw: _Draw) -> Patches:
        """Read a sample; where a clip turns out to be damaged, one of the next clip."""
        for n in range(len(self.pairs)):
            pair = self.pairs[(draw.pair + n) % len(self.pairs)]
            size, place = pair.low_size, draw.place
            inside = replace(
                place,
                start=place.start % (size.frames - self.frames + 1),
                y=place.y % (size.height - self.side + 1),
                x=place.x % (size.width - self.side + 1),
            )
            try:
                return _turned(pair.cut(inside), draw)
            except SourceError as error:
                if pair.name not in self.left_out:
                    log.warning("left out: %s", error)
                    self.left_out[pair.name] = str(error)
        raise SourceError("no clip can be read any more: is the disk still there?")


def fits(pair: Pair, *, side: int, frames: int) -> bool:
    """Tell whether samples of that size can be cut from a pair."""
    size = pair.low_size
    return size.frames >= frames and min(size.height, size.width) >= side


def _values(pair: Pair) -> int:
    size = pair.low_size
    return size.frames * size.height * size.width * 3


def _turned(patches: Patches, draw: _Draw) -> Patches:
    def turn(clip: NDArray[np.uint8]) -> NDArray[np.uint8]:
        if draw.is_reversed:
            clip = clip[::-1]
        if draw.is_mirrored:
            clip = clip[:, :, ::-1]
        return np.rot90(clip, draw.turns, (1, 2))

    return Patches(low=turn(patches.low), high=turn(patches.high))
