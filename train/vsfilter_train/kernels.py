"""Blur kernels of the second-order degradation model.

Wang et al., Real-ESRGAN: Training Real-World Blind Super-Resolution with Pure Synthetic Data,
ICCVW 2021, section 3.2 and 3.3: what lenses, scanners, scalers and sharpeners do to a picture.
"""

from __future__ import annotations

import math

import numpy as np
import torch
from numpy.typing import NDArray

from vsfilter.errors import OptionError

Kernel = NDArray[np.float64]


def gaussian(size: int, sigma_x: float, sigma_y: float, angle: float = 0.0) -> Kernel:
    """Make a Gaussian kernel.

    Args:
        size: Side, odd, in px.
        sigma_x: Standard deviation along the first axis, before it is turned; above 0, in px.
        sigma_y: Standard deviation along the second axis; above 0, in px.
        angle: By which the axes are turned, from x (right) towards y (down), in radians.

    Returns:
        (size, size), float64, sum 1.

    Raises:
        OptionError: A value is out of its range.
    """
    return _normalized(np.exp(-0.5 * _distance(size, sigma_x, sigma_y, angle)))


def generalized_gaussian(
    size: int, sigma_x: float, sigma_y: float, angle: float = 0.0, *, beta: float
) -> Kernel:
    """Make a generalized Gaussian kernel: flatter than a Gaussian for beta > 1, else more peaked.

    Liu et al., Estimating Generalized Gaussian Blur Kernels for Out-of-Focus Image Deblurring,
    2020. Arguments as in `gaussian`.

    Args:
        size: See `gaussian`.
        sigma_x: See `gaussian`.
        sigma_y: See `gaussian`.
        angle: See `gaussian`.
        beta: Shape, above 0; 1 gives a Gaussian.

    Returns:
        (size, size), float64, sum 1.

    Raises:
        OptionError: A value is out of its range.
    """
    distance = _distance(size, sigma_x, sigma_y, angle)
    return _normalized(np.exp(-0.5 * distance ** _checked_beta(beta)))


def plateau(
    size: int, sigma_x: float, sigma_y: float, angle: float = 0.0, *, beta: float
) -> Kernel:
    """Make a plateau-shaped kernel: 1 / (1 + d ** beta) of the squared distance d.

    Args:
        size: See `gaussian`.
        sigma_x: See `gaussian`.
        sigma_y: See `gaussian`.
        angle: See `gaussian`.
        beta: Shape, above 0; larger values have a flatter top and steeper sides.

    Returns:
        (size, size), float64, sum 1.

    Raises:
        OptionError: A value is out of its range.
    """
    distance = _distance(size, sigma_x, sigma_y, angle)
    return _normalized(1 / (1 + distance ** _checked_beta(beta)))


def sinc(size: int, cutoff: float) -> Kernel:
    """Make a circular low-pass filter, which rings as sharpening and strong compression do.

    Its values are cutoff / (2 pi r) * J1(cutoff * r), with the Bessel function of the first kind.

    Args:
        size: Side, odd, in px.
        cutoff: Highest frequency that passes, above 0 to pi, in radians per px.

    Returns:
        (size, size), float64, sum 1.

    Raises:
        OptionError: A value is out of its range.
    """
    if not 0 < cutoff <= math.pi:
        raise OptionError(f"cutoff is {cutoff}: give a number above 0, up to pi")
    x, y = _grid(size)
    radius = np.hypot(x, y)
    bessel = torch.special.bessel_j1(torch.from_numpy(cutoff * radius)).numpy()
    centre = size // 2
    radius[centre, centre] = 1.0  # the limit is set below
    kernel = cutoff / (2 * math.pi * radius) * bessel
    kernel[centre, centre] = cutoff**2 / (4 * math.pi)
    return _normalized(kernel)


def _distance(size: int, sigma_x: float, sigma_y: float, angle: float) -> Kernel:
    """Give the squared distance of each pixel from the centre, in standard deviations."""
    for name, sigma in (("sigma_x", sigma_x), ("sigma_y", sigma_y)):
        if not sigma > 0:
            raise OptionError(f"{name} is {sigma}: give a number above 0")
    x, y = _grid(size)
    along = x * math.cos(angle) + y * math.sin(angle)
    across = y * math.cos(angle) - x * math.sin(angle)
    distance: Kernel = (along / sigma_x) ** 2 + (across / sigma_y) ** 2
    return distance


def _grid(size: int) -> tuple[Kernel, Kernel]:
    """Give x and y of each pixel, from the centre, in px."""
    if size < 1 or size % 2 == 0:
        raise OptionError(f"kernel size is {size}: give an odd number from 1")
    axis = np.arange(size, dtype=np.float64) - size // 2
    x, y = np.meshgrid(axis, axis)
    return x, y


def _normalized(kernel: Kernel) -> Kernel:
    total: Kernel = kernel / kernel.sum()
    return total


def _checked_beta(beta: float) -> float:
    if not beta > 0:
        raise OptionError(f"beta is {beta}: give a number above 0")
    return beta
