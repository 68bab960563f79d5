"""Sharpening by an unsharp mask, for the ground truth."""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np

from vsfilter.errors import OptionError

from .degradation import Clip
from .setting_checks import check_number


@dataclass(frozen=True, slots=True, kw_only=True)
class Unsharp:
    """Sharpens where a picture differs from its blurred self, and nowhere else.

    Wang et al., Real-ESRGAN, ICCVW 2021, section 3.4. RealBasicVSR makes both the target and the
    input from the sharpened ground truth.

    Attributes:
        size: Side of the Gaussian, odd, in px.
        sigma: Its standard deviation, in px; 0 takes OpenCV's for the size (8 px for 51).
        weight: How much of the difference is added.
        threshold: Differences up to this many grey levels of 255 are left alone.
    """

    size: int = 51
    sigma: float = 0.0
    weight: float = 0.5
    threshold: float = 10.0

    def __post_init__(self) -> None:
        """Refuse settings that cannot work."""
        if self.size < 1 or self.size % 2 == 0:
            raise OptionError(f"size is {self.size}: give an odd number from 1")
        check_number("sigma", self.sigma, least=0)
        check_number("weight", self.weight, least=0)
        check_number("threshold", self.threshold, least=0, most=255)

    def __call__(self, clip: Clip, random: np.random.Generator) -> Clip:
        """Sharpen a clip; nothing is random."""
        return np.stack([self._sharpen(frame) for frame in clip])

    def _sharpen(self, frame: Clip) -> Clip:
        """Sharpen one frame (h, w, 3)."""
        detail = frame - self._blur(frame)
        mask = self._blur((np.abs(detail) * 255 > self.threshold).astype(np.float32))
        sharp: Clip = np.clip(frame + self.weight * detail, 0, 1)
        return mask * sharp + (1 - mask) * frame

    def _blur(self, frame: Clip) -> Clip:
        blurred = cv2.GaussianBlur(frame, (self.size, self.size), self.sigma)
        return blurred.astype(np.float32, copy=False)
