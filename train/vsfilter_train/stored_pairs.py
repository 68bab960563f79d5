"""Clips with their small versions, of which only what a sample needs is read."""

import logging
import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from vsfilter.errors import SourceError
from vsfilter.resize import imresize

from .clip import Clip, ClipSize, Pixels, Scene
from .paired_clip import PairedClip
from .pairs import Patches, Place, refuse_other_size

log = logging.getLogger(__name__)
MARGIN = 4
"""Small pixels around a patch that its small version depends on: MATLAB's bicubic reaches two."""


@dataclass(frozen=True, slots=True, kw_only=True)
class StoredPair:
    """A pair of which only what a sample needs is read; the samples are those of `HeldPair`.

    Attributes:
        clip: The ground truth, and its given small version where that is not made.
        low_size: See `Pair`.
        scale: Size of the ground truth over that of the input.
        shrink: Size at which the ground truth is used.
    """

    clip: PairedClip
    low_size: ClipSize
    scale: int
    shrink: float

    @property
    def name(self) -> str:
        """See `Pair`."""
        return self.clip.name

    @property
    def sources(self) -> tuple[Clip, ...]:
        """See `Pair`."""
        return self.clip.versions

    def cut(self, place: Place) -> Patches:
        """See `Pair`."""
        whole = self.clip.high.read(place.start, place.frames)
        if len(whole) < place.frames:
            have = place.start + len(whole)
            raise SourceError(
                f"'{self.name}' ends before frame {place.start + place.frames}: its header tells "
                f"of {self.low_size.frames}, of which {have} are there; vsr data index counts them"
            )
        if self.shrink != 1:
            whole = np.stack([imresize(frame, self.shrink) for frame in whole])
        high = place.of_high(whole, self.scale)
        if self.clip.low is not None:
            low = place.of_high(self.clip.low.read(place.start, place.frames), 1)
        else:
            low = high if self.scale == 1 else self._make_low(whole, place)
        if low.shape[:3] != (place.frames, place.side, place.side):
            raise SourceError(f"the small version of '{self.name}' has another size or length")
        return Patches(low=low, high=high)

    def _make_low(self, whole: Pixels, place: Place) -> Pixels:
        """Make the small version of a patch, out of it and what is around it."""
        top, left = max(0, place.y - MARGIN), max(0, place.x - MARGIN)
        bottom = min(self.low_size.height, place.y + place.side + MARGIN)
        right = min(self.low_size.width, place.x + place.side + MARGIN)
        s = self.scale
        around = whole[:, s * top : s * bottom, s * left : s * right]
        small = np.stack([imresize(frame, 1 / s) for frame in around])
        y, x = place.y - top, place.x - left
        return small[:, y : y + place.side, x : x + place.side]


def store_pairs(
    clips: Sequence[PairedClip], *, scale: int, shrink: Sequence[float] = (1.0,)
) -> list[StoredPair]:
    """Make pairs that are read when they are needed; arguments are those of `read_pairs`."""
    pairs = []
    for clip in clips:
        try:
            size = clip.high.size()
            if clip.low is not None:
                _refuse_other_low(clip.name, clip.high, clip.low, scale=scale)
        except SourceError as error:
            log.warning("left out: %s", error)
            continue
        for factor in shrink:
            height, width = (math.ceil(n * factor) // scale for n in (size.height, size.width))
            pairs.append(
                StoredPair(
                    clip=clip,
                    low_size=ClipSize(frames=size.frames, height=height, width=width),
                    scale=scale,
                    shrink=factor,
                )
            )
    return pairs


def _refuse_other_low(name: str, high: Clip, low: Clip, *, scale: int) -> None:
    """Refuse a small version of another size, or length where that is counted; of scenes too."""
    if isinstance(high, Scene) and isinstance(low, Scene):
        high, low = high.clip, low.clip
    of_high, given = high.size(), low.size()
    is_counted = high.has_exact_size and low.has_exact_size
    wanted = ClipSize(
        frames=of_high.frames if is_counted else given.frames,
        height=of_high.height // scale,
        width=of_high.width // scale,
    )
    refuse_other_size(name, given, wanted)
