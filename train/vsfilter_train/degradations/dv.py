"""The block artefacts of DV tapes."""

from __future__ import annotations

import math
from dataclasses import dataclass

import cv2
import numpy as np

from vsfilter.errors import OptionError

from .degradation import Clip
from .drift import drift
from .setting_checks import check_number, check_range

SIDE = 8
CHROMA = {"4:1:1": (4, 1), "4:2:0": (2, 2)}
"""Luma samples for each chroma sample, across and down; DV has the first in 60 Hz lands."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Dv:
    """Rounds the frequencies of blocks of 8x8 px, each frame on its own, as DV's cameras do.

    DV (IEC 61834) gives groups of blocks a fixed number of bits, so blocks with much in them are
    rounded more coarsely. Here the step of a block follows its contrast. A real DV encoder takes
    whole frames of 720x576 or 720x480 px only; this serves patches, and needs no PyAV.

    Attributes:
        strength: Step for a block of usual contrast, in grey levels of 255.
        strength_step: Drift of it.
        chroma: Ways to thin out the colours, of `CHROMA`, of which one is chosen for a clip.
    """

    strength: tuple[float, float] = (4.0, 24.0)
    strength_step: float = 1.0
    chroma: tuple[str, ...] = tuple(CHROMA)

    def __post_init__(self) -> None:
        """Refuse settings that cannot work."""
        check_range("strength", self.strength, least=0.1, most=255)
        check_number("strength_step", self.strength_step, least=0)
        if not self.chroma or not set(self.chroma) <= set(CHROMA):
            raise OptionError(f"chroma is {list(self.chroma)}: choose from {', '.join(CHROMA)}")

    def __call__(self, clip: Clip, random: np.random.Generator) -> Clip:
        """Compress a clip; see `Degradation`."""
        strengths = drift(random, self.strength, step=self.strength_step, count=len(clip))
        across, down = CHROMA[str(random.choice(self.chroma))]
        frames = []
        for frame, strength in zip(clip, strengths / 255, strict=True):
            planes = cv2.cvtColor(frame, cv2.COLOR_RGB2YCrCb).astype(np.float32, copy=False)
            h, w = planes.shape[:2]
            thin = (math.ceil(w / across), math.ceil(h / down))
            for channel in (1, 2):
                small = cv2.resize(planes[..., channel], thin, interpolation=cv2.INTER_AREA)
                coarse = _round_blocks(small.astype(np.float32, copy=False), float(strength))
                planes[..., channel] = cv2.resize(coarse, (w, h), interpolation=cv2.INTER_LINEAR)
            planes[..., 0] = _round_blocks(planes[..., 0], float(strength))
            frames.append(cv2.cvtColor(planes, cv2.COLOR_YCrCb2RGB))
        compressed: Clip = np.clip(np.stack(frames), 0, 1).astype(np.float32, copy=False)
        return compressed


def _cosines() -> Clip:
    """Give the matrix of the orthonormal discrete cosine transform, (8, 8)."""
    n = np.arange(SIDE)
    matrix = np.cos(math.pi * n[:, None] * (2 * n + 1) / (2 * SIDE)) * math.sqrt(2 / SIDE)
    matrix[0] /= math.sqrt(2)
    return matrix.astype(np.float32)


COSINES = _cosines()
WEIGHTS = (1 + (np.arange(SIDE)[:, None] + np.arange(SIDE)) / 4).astype(np.float32)
"""High frequencies are rounded more coarsely."""


def _round_blocks(plane: Clip, strength: float) -> Clip:
    """Round the frequencies of each block of a plane (h, w)."""
    h, w = plane.shape
    padded = np.pad(plane, ((0, -h % SIDE), (0, -w % SIDE)), mode="edge")
    rows, columns = padded.shape[0] // SIDE, padded.shape[1] // SIDE
    blocks = padded.reshape(rows, SIDE, columns, SIDE).swapaxes(1, 2)
    waves = COSINES @ blocks @ COSINES.T
    mean = waves[..., :1, :1].copy()
    contrast = blocks.std(axis=(2, 3), keepdims=True)
    usual = max(float(contrast.mean()), 1e-3)
    steps = strength * WEIGHTS * np.clip(contrast / usual, 0.5, 2)
    waves = np.round(waves / steps) * steps
    waves[..., :1, :1] = np.round(mean * 255) / 255  # DV keeps 9 bits of a block's mean
    blocks = COSINES.T @ waves @ COSINES
    rounded: Clip = blocks.swapaxes(1, 2).reshape(padded.shape)[:h, :w]
    return np.ascontiguousarray(rounded, dtype=np.float32)
