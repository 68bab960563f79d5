"""JPEG compression of each frame."""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np

from .degradation import Clip
from .drift import drift
from .setting_checks import check_number, check_range


@dataclass(frozen=True, slots=True, kw_only=True)
class Jpeg:
    """Compresses each frame on its own, with a quality that drifts.

    Attributes:
        quality: From 1 (bad) to 100; the defaults are RealBasicVSR's.
        quality_step: Drift of it.
    """

    quality: tuple[float, float] = (30.0, 95.0)
    quality_step: float = 3.0

    def __post_init__(self) -> None:
        """Refuse a quality that JPEG does not have."""
        check_range("quality", self.quality, least=1, most=100)
        check_number("quality_step", self.quality_step, least=0)

    def __call__(self, clip: Clip, random: np.random.Generator) -> Clip:
        """Compress a clip; see `Degradation`."""
        qualities = drift(random, self.quality, step=self.quality_step, count=len(clip))
        frames = [_compress(f, round(float(q))) for f, q in zip(clip, qualities, strict=True)]
        return np.stack(frames)


def _compress(frame: Clip, quality: int) -> Clip:
    """Encode and decode one frame (h, w, 3)."""
    pixels = (frame * 255).round().astype(np.uint8)[..., ::-1]  # OpenCV's files are BGR
    _, packed = cv2.imencode(".jpg", pixels, [cv2.IMWRITE_JPEG_QUALITY, quality])
    decoded = np.asarray(cv2.imdecode(packed, cv2.IMREAD_COLOR))
    return decoded[..., ::-1].astype(np.float32) / np.float32(255)
