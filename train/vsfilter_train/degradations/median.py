"""A median filter."""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np

from vsfilter.errors import OptionError

from .degradation import Clip


@dataclass(frozen=True, slots=True, kw_only=True)
class Median:
    """Replaces each pixel by the median around it; nothing is random.

    Attributes:
        radius: 1 or 2, for 3x3 or 5x5 px.
    """

    radius: int = 1

    def __post_init__(self) -> None:
        """Refuse a radius that OpenCV has not for fractions."""
        if self.radius not in (1, 2):
            raise OptionError(f"radius is {self.radius}: give 1 or 2")

    def __call__(self, clip: Clip, random: np.random.Generator) -> Clip:
        """Filter a clip; see `Degradation`."""
        return np.stack([cv2.medianBlur(frame, 2 * self.radius + 1) for frame in clip])
