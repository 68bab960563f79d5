"""Which pairs the page shows: some over the whole clip, or the user's, and always the worst."""

from __future__ import annotations

import math
from bisect import insort
from collections.abc import Collection
from dataclasses import dataclass

from vsfilter.compare.measuring import MeasuredPair
from vsfilter.compare.pairing import Pairs
from vsfilter.compare.picture_file import PngPair, encode_png
from vsfilter.errors import OptionError


@dataclass(frozen=True, slots=True, kw_only=True)
class ShownFrames:
    """What the user wants to see.

    Attributes:
        count: Most frames that are shown, at least 3; a quarter each for the worst by PSNR and by
            SSIM, the rest spread over the clip.
        numbers: Frames of A that are shown in place of the spread ones.
        part: First frame of A, and the one after the last, over which they are spread; None for
            the whole clip.
    """

    count: int = 12
    numbers: tuple[int, ...] = ()
    part: tuple[int, int] | None = None

    def __post_init__(self) -> None:
        """Refuse what shows nothing."""
        if self.count < 3:
            raise OptionError(f"count is {self.count}: give at least 3 frames")
        if self.part is not None and not 0 <= self.part[0] < self.part[1]:
            start, end = self.part
            raise OptionError(f"frames is {start}:{end}: give FIRST:END, of which END is larger")

    @property
    def worst_count(self) -> int:
        """Frames shown for each measure because they are its worst."""
        return max(1, self.count // 4)


def choose_pairs(pairs: Pairs, wanted: ShownFrames) -> list[int]:
    """Choose the pairs that are shown whatever is measured.

    Returns:
        Numbers of pairs, ascending.

    Raises:
        OptionError: A frame that the user names is not compared.
    """
    index_of = {number: index for index, number in enumerate(pairs.a)}
    compared = f"compared are {len(pairs)} frames from {pairs.a[0]} to {pairs.a[-1]}"
    if wanted.numbers:
        missing = [number for number in wanted.numbers if number not in index_of]
        if missing:
            raise OptionError(f"frame {missing[0]} of A has no partner in B: {compared}")
        return sorted({index_of[number] for number in wanted.numbers})
    start, end = wanted.part or (0, pairs.a[-1] + 1)
    candidates = [index for index, number in enumerate(pairs.a) if start <= number < end]
    if not candidates:
        raise OptionError(f"no frame of {start}:{end} has a partner in B: {compared}")
    count = wanted.count - 2 * wanted.worst_count
    places = {(2 * n + 1) * len(candidates) // (2 * count) for n in range(count)}
    return [candidates[place] for place in sorted(places)]


class PairKeeper:
    """Keeps the pictures of the chosen pairs and of the worst ones that it has seen.

    Args:
        chosen: Numbers of the pairs that are kept in any case.
        worst_count: Pairs kept for being the worst, by each measure.

    Attributes:
        pictures: Pictures by number of the pair.
    """

    def __init__(self, chosen: Collection[int], *, worst_count: int) -> None:
        self._chosen = frozenset(chosen)
        self._worst_count = worst_count
        self._by_psnr: list[tuple[float, int]] = []
        self._by_ssim: list[tuple[float, int]] = []
        self.pictures: dict[int, PngPair] = {}

    @property
    def worst_psnr(self) -> list[int]:
        """Numbers of the pairs with the lowest PSNR, worst first; without equal pairs."""
        return [index for _, index in self._by_psnr]

    @property
    def worst_ssim(self) -> list[int]:
        """The same by SSIM."""
        return [index for _, index in self._by_ssim]

    def offer(self, pair: MeasuredPair) -> None:
        """Keep a pair as long as it is one of the wanted."""
        if math.isfinite(pair.psnr_y):
            insort(self._by_psnr, (pair.psnr_y, pair.index))
            insort(self._by_ssim, (pair.ssim_y, pair.index))
            del self._by_psnr[self._worst_count :], self._by_ssim[self._worst_count :]
        wanted = self._chosen.union(self.worst_psnr, self.worst_ssim)
        if pair.index in wanted:
            self.pictures[pair.index] = PngPair(a=encode_png(pair.a), b=encode_png(pair.b))
        for index in self.pictures.keys() - wanted:
            del self.pictures[index]
