"""From the ground truth to the model's input."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from .degradation import Degradation, fit_to_input
from .resize_to import resize_frames


def make_low(
    high: NDArray[np.uint8],
    degradations: Sequence[Degradation],
    *,
    scale: int,
    random: np.random.Generator,
) -> NDArray[np.uint8]:
    """Degrade a clip; bring what comes out to the size of the model's input.

    Args:
        high: (t, scale * h, scale * w, 3), RGB.
        degradations: Applied in this order.
        scale: Size of the ground truth over that of the input.
        random: Decides whatever is random.

    Returns:
        (t, h, w, 3), RGB, rounded to 8 bits as real videos are.
    """
    height, width = (n // scale for n in high.shape[1:3])
    clip = to_float(high)
    for degradation in degradations:
        clip = fit_to_input(degradation, width=width, height=height)(clip, random)
    method = "area" if clip.shape[1] > height else "bicubic"
    return to_pixels(resize_frames(clip, width, height, method=method))


def to_float(clip: NDArray[np.uint8]) -> NDArray[np.float32]:
    """Turn 8-bit samples into float32 in [0, 1]."""
    return np.ascontiguousarray(clip).astype(np.float32) / np.float32(255)


def to_pixels(clip: NDArray[np.float32]) -> NDArray[np.uint8]:
    """Turn float in [0, 1] into 8-bit samples."""
    return (np.clip(clip, 0, 1) * 255).round().astype(np.uint8)
