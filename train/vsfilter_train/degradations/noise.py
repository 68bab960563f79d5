"""Noise whose strength drifts from frame to frame."""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np

from .degradation import Clip
from .drift import drift
from .setting_checks import check_number, check_range

LEVELS = 256
"""Grey levels of a full well: what Real-ESRGAN takes for the count of photons."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Noise:
    """Adds Gaussian or Poisson noise, new in each frame, coloured or gray.

    Wang et al., Real-ESRGAN, ICCVW 2021, section 3.2; the drift is RealBasicVSR's. The defaults are
    those of its first round. The Poisson noise is that of Real-ESRGAN, for pictures in [0, 1];
    mmagic draws it for pictures in [0, 255], where it is 16 times weaker.

    Attributes:
        poisson_share: How often the noise is Poisson's.
        gaussian_sigma: Standard deviation of Gaussian noise, in grey levels of 255.
        gaussian_sigma_step: Drift of it.
        poisson_scale: Strength of Poisson noise; 1 is that of 256 photons at white.
        poisson_scale_step: Drift of it.
        gray_share: How often all channels get the same noise.
    """

    poisson_share: float = 0.5
    gaussian_sigma: tuple[float, float] = (1.0, 30.0)
    gaussian_sigma_step: float = 0.1
    poisson_scale: tuple[float, float] = (0.05, 3.0)
    poisson_scale_step: float = 0.005
    gray_share: float = 0.4

    def __post_init__(self) -> None:
        """Refuse settings that cannot work."""
        check_number("poisson_share", self.poisson_share, least=0, most=1)
        check_range("gaussian_sigma", self.gaussian_sigma, least=0, most=255)
        check_number("gaussian_sigma_step", self.gaussian_sigma_step, least=0)
        check_range("poisson_scale", self.poisson_scale, least=0)
        check_number("poisson_scale_step", self.poisson_scale_step, least=0)
        check_number("gray_share", self.gray_share, least=0, most=1)

    def __call__(self, clip: Clip, random: np.random.Generator) -> Clip:
        """Add noise to a clip; see `Degradation`."""
        is_poisson = random.random() < self.poisson_share
        is_gray = random.random() < self.gray_share
        add = self._add_poisson if is_poisson else self._add_gaussian
        noisy: Clip = np.clip(add(clip, random, is_gray=is_gray), 0, 1)
        return noisy

    def _add_gaussian(self, clip: Clip, random: np.random.Generator, *, is_gray: bool) -> Clip:
        sigmas = drift(random, self.gaussian_sigma, step=self.gaussian_sigma_step, count=len(clip))
        shape = (*clip.shape[:3], 1) if is_gray else clip.shape
        noise = random.standard_normal(shape, dtype=np.float32)
        return clip + noise * (sigmas / 255).astype(np.float32)[:, None, None, None]

    def _add_poisson(self, clip: Clip, random: np.random.Generator, *, is_gray: bool) -> Clip:
        scales = drift(random, self.poisson_scale, step=self.poisson_scale_step, count=len(clip))
        light = clip
        if is_gray:
            gray = [cv2.cvtColor(frame, cv2.COLOR_RGB2GRAY) for frame in clip]
            light = np.stack(gray)[..., None]
        photons = random.poisson(light * LEVELS).astype(np.float32) / np.float32(LEVELS)
        noise: Clip = (photons - light) * scales.astype(np.float32)[:, None, None, None]
        return clip + noise
