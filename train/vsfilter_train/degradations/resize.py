"""Resizing by a random factor that drifts from frame to frame."""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np

from vsfilter.errors import OptionError

from .degradation import Clip
from .drift import drift
from .resize_to import METHODS
from .setting_checks import check_choices, check_number, check_range, check_shares

SMALLEST_PX = 4


@dataclass(frozen=True, slots=True, kw_only=True)
class Resize:
    """Makes a clip larger or smaller by a random factor.

    RealBasicVSR's, with the defaults of its first round. There frames of different sizes meet
    first in the next video encoder, which brings them to the size of the first one; here this is
    done at once.

    Attributes:
        shares: How often a clip becomes larger, smaller, or keeps its size.
        scale: Smallest and largest factor, on both sides of 1.
        scale_step: Drift of the factor, also where the first frame keeps its size.
        methods: Names of `METHODS`, of which one is chosen for a clip.
        is_even: Sides are even, as most video encoders want them.
    """

    shares: tuple[float, float, float] = (0.2, 0.7, 0.1)
    scale: tuple[float, float] = (0.15, 1.5)
    scale_step: float = 0.015
    methods: tuple[str, ...] = tuple(METHODS)
    is_even: bool = True

    def __post_init__(self) -> None:
        """Refuse settings that cannot work."""
        check_shares("shares", self.shares, count=3)
        check_range("scale", self.scale, least=0.01, most=8)
        if not self.scale[0] <= 1 <= self.scale[1]:
            raise OptionError(f"scale is {list(self.scale)}: give factors on both sides of 1")
        check_number("scale_step", self.scale_step, least=0)
        check_choices("methods", self.methods, METHODS)

    def __call__(self, clip: Clip, random: np.random.Generator) -> Clip:
        """Resize a clip; see `Degradation`."""
        factors = self._draw_factors(len(clip), random)
        method = METHODS[str(random.choice(self.methods))]
        sizes = [self._size(clip, factor) for factor in factors]
        frames = []
        for frame, size in zip(clip, sizes, strict=True):
            resized = cv2.resize(frame, size, interpolation=method)
            if size != sizes[0]:
                resized = cv2.resize(resized, sizes[0], interpolation=method)
            frames.append(resized)
        whole: Clip = np.clip(np.stack(frames), 0, 1)
        return whole

    def _draw_factors(self, count: int, random: np.random.Generator) -> list[float]:
        smallest, largest = self.scale
        shares = np.array(self.shares)
        mode = int(random.choice(3, p=shares / shares.sum()))
        first = random.uniform(*((1, largest), (smallest, 1), (1, 1))[mode])
        walk = drift(random, self.scale, step=self.scale_step, count=count, first=first)
        return [float(factor) for factor in walk]

    def _size(self, clip: Clip, factor: float) -> tuple[int, int]:
        """Give the width and height of a frame, in px."""
        h, w = clip.shape[1:3]
        unit = 2 if self.is_even else 1
        height, width = (max(SMALLEST_PX, int(n * factor) // unit * unit) for n in (h, w))
        return width, height
