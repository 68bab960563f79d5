"""PSNR and SSIM as the super-resolution papers report them (MATLAB's definitions on [0, 255])."""

from __future__ import annotations

import math
from collections.abc import Iterable

import numpy as np
from numpy.typing import NDArray

from vsfilter.errors import OptionError

Picture = NDArray[np.generic]


def psnr(a: Picture, b: Picture, *, crop: int = 0, luma: bool = False) -> float:
    """Measure the peak signal-to-noise ratio of two pictures.

    Args:
        a: (h, w) or (h, w, 3) RGB in [0, 255], integer or float.
        b: The same shape.
        crop: Border left out on each side, in px.
        luma: Compare the BT.601 luma of MATLAB's rgb2ycbcr instead of RGB.

    Returns:
        dB; infinity for equal pictures.

    Raises:
        OptionError: The shapes differ, or the crop leaves nothing.
    """
    first, second = _prepare(a, b, crop=crop, luma=luma)
    error = float(np.mean((first - second) ** 2))
    return math.inf if error == 0 else 10 * math.log10(255.0**2 / error)


def mean_psnr(values: Iterable[float]) -> float:
    """Give the mean over the frames that are not equal to the true ones, in dB.

    The PSNR of an equal frame, such as a black one, is infinite: it says nothing of the others.

    Returns:
        dB; infinity where all are equal.
    """
    finite = [value for value in values if math.isfinite(value)]
    return sum(finite) / len(finite) if finite else math.inf


def ssim(a: Picture, b: Picture, *, crop: int = 0, luma: bool = False) -> float:
    """Measure the structural similarity of two pictures.

    Source: Wang et al., Image Quality Assessment: From Error Visibility to Structural Similarity,
    2004: Gaussian window of 11 px with sigma 1.5, valid positions only, mean over channels.

    Args:
        a: (h, w) or (h, w, 3) RGB in [0, 255], integer or float; at least 11 px a side.
        b: The same shape.
        crop: Border left out on each side, in px.
        luma: Compare the BT.601 luma of MATLAB's rgb2ycbcr instead of RGB.

    Returns:
        1 for equal pictures, less for others.

    Raises:
        OptionError: The shapes differ, or less than 11 px are left.
    """
    first, second = _prepare(a, b, crop=crop, luma=luma)
    if min(first.shape[:2]) < 11:
        raise OptionError(f"SSIM needs at least 11 px a side, got {first.shape[:2]}")
    c1, c2 = (0.01 * 255) ** 2, (0.03 * 255) ** 2
    mean_a, mean_b = _blur(first), _blur(second)
    variance_a = _blur(first**2) - mean_a**2
    variance_b = _blur(second**2) - mean_b**2
    covariance = _blur(first * second) - mean_a * mean_b
    numerator = (2 * mean_a * mean_b + c1) * (2 * covariance + c2)
    denominator = (mean_a**2 + mean_b**2 + c1) * (variance_a + variance_b + c2)
    return float(np.mean(numerator / denominator))


def luma_bt601(rgb: Picture) -> NDArray[np.float64]:
    """Compute the luma of MATLAB's rgb2ycbcr, without rounding.

    Args:
        rgb: (h, w, 3) in [0, 255].

    Returns:
        (h, w) in [16, 235].
    """
    weights = np.array([65.481, 128.553, 24.966]) / 255
    return np.asarray(rgb, dtype=np.float64) @ weights + 16


def _prepare(
    a: Picture, b: Picture, *, crop: int, luma: bool
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    if a.shape != b.shape:
        raise OptionError(f"pictures differ in shape: {a.shape} and {b.shape}")
    if a.ndim not in (2, 3) or (luma and a.ndim == 3 and a.shape[2] != 3):
        raise OptionError(f"pictures have the shape {a.shape}: give (h, w) or (h, w, 3)")
    if crop < 0 or 2 * crop >= min(a.shape[:2]):
        raise OptionError(f"crop of {crop} px leaves nothing of {a.shape[1]}x{a.shape[0]}")
    cropped = [x[crop : x.shape[0] - crop, crop : x.shape[1] - crop] for x in (a, b)]
    if luma and a.ndim == 3:
        return luma_bt601(cropped[0]), luma_bt601(cropped[1])
    return cropped[0].astype(np.float64), cropped[1].astype(np.float64)


def _blur(x: NDArray[np.float64]) -> NDArray[np.float64]:
    """Filter the first two axes with the window of SSIM, valid positions only."""
    offsets = np.arange(-5, 6)
    kernel = np.exp(-(offsets**2) / (2 * 1.5**2))
    kernel /= kernel.sum()
    for axis in (0, 1):
        view = np.lib.stride_tricks.sliding_window_view(x, 11, axis=axis)
        x = view @ kernel
    return x
