"""How natural a picture looks, without a true one beside it.

Mittal et al., Making a "Completely Blind" Image Quality Analyzer, IEEE SPL 2013. Differences from
the authors' release: the pristine model is fitted on the clips that its file names, so values
compare with each other, not with those of papers; and pictures are halved by our `imresize`.
"""

from __future__ import annotations

import math
from functools import cache
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray
from safetensors.numpy import load_file

from vsfilter.errors import OptionError
from vsfilter.metrics import luma_bt601
from vsfilter.resize import imresize

PRISTINE = Path(__file__).with_name("niqe_pristine.safetensors")
PATCH_PX = 96
SHARPEST_SHARE = 0.75
"""Of the sharpest patch: as sharp as this at least are those of a pristine model (section 2.C)."""
_SHAPES = np.arange(0.2, 10, 0.001)
_NEIGHBOURS = ((0, 1), (1, 0), (1, 1), (1, -1))

Array = NDArray[np.float64]


def niqe(picture: NDArray[np.uint8]) -> float:
    """Measure the distance of a picture's statistics from those of sharp, clean ones.

    Args:
        picture: (h, w, 3), RGB in [0, 255], at least 192 px a side.

    Returns:
        0 or more; lower is more natural.

    Raises:
        OptionError: The picture is too small.
    """
    if min(picture.shape[:2]) < 2 * PATCH_PX:
        h, w = picture.shape[:2]
        raise OptionError(f"NIQE needs at least {2 * PATCH_PX} px a side, got {w}x{h}")
    features, _ = patch_features(picture)
    mean, covariance = fit(features)
    pristine_mean, pristine_covariance = _pristine()
    difference = mean - pristine_mean
    together = np.linalg.pinv((covariance + pristine_covariance) / 2)
    return math.sqrt(max(0.0, float(difference @ together @ difference)))


def fit(features: Array) -> tuple[Array, Array]:
    """Fit a Gaussian to features (n, 36): its mean (36,) and covariance (36, 36)."""
    return features.mean(axis=0), np.cov(features, rowvar=False)


def patch_features(picture: NDArray[np.uint8]) -> tuple[Array, Array]:
    """Describe each patch of 96x96 px by 18 numbers, and again at half the size.

    Args:
        picture: (h, w, 3), RGB in [0, 255].

    Returns:
        (patches, 36) features, and (patches,) the sharpness of each.
    """
    luma = luma_bt601(picture)
    rows, columns = (side // PATCH_PX for side in luma.shape)
    luma = luma[: rows * PATCH_PX, : columns * PATCH_PX]
    scales = []
    sharpness = np.zeros(0)
    for side in (PATCH_PX, PATCH_PX // 2):
        normal, deviation = _normalise(luma)
        patches = _cut(normal, side)
        scales.append(np.stack([_describe(patch) for patch in patches]))
        if side == PATCH_PX:
            sharpness = _cut(deviation, side).mean(axis=(1, 2))
            luma = imresize(luma[..., None], 0.5)[..., 0]
    return np.concatenate(scales, axis=1), sharpness


@cache
def _pristine() -> tuple[Array, Array]:
    model = load_file(PRISTINE)
    return model["mean"], model["covariance"]


def _normalise(luma: Array) -> tuple[Array, Array]:
    """Take away the local mean and divide by the local deviation (equation 1)."""
    kernel = cv2.getGaussianKernel(7, 7 / 6)

    def blur(x: Array) -> Array:
        blurred: Array = np.asarray(
            cv2.sepFilter2D(x, cv2.CV_64F, kernel, kernel, borderType=cv2.BORDER_REPLICATE)
        )
        return blurred

    mean = blur(luma)
    deviation = np.sqrt(np.abs(blur(luma**2) - mean**2))
    return (luma - mean) / (deviation + 1), deviation


def _cut(x: Array, side: int) -> Array:
    """Cut (h, w) into (patches, side, side)."""
    rows, columns = (size // side for size in x.shape)
    tiled = x[: rows * side, : columns * side].reshape(rows, side, columns, side)
    return tiled.swapaxes(1, 2).reshape(-1, side, side)


def _describe(patch: Array) -> Array:
    """Describe a patch by the shape of its values and of products of neighbours (table 1)."""
    shape, left, right, _ = _asymmetric_gaussian(patch)
    features = [shape, (left + right) / 2]
    for down, across in _NEIGHBOURS:
        product = patch * np.roll(patch, (down, across), axis=(0, 1))
        shape, left, right, mean = _asymmetric_gaussian(product)
        features += [shape, mean, left, right]
    return np.array(features)


def _asymmetric_gaussian(values: Array) -> tuple[float, float, float, float]:
    """Fit a generalised Gaussian with two sides.

    Source: Lasmar et al., Multiscale Skewed Heavy Tailed Model for Texture Analysis, ICIP 2009.

    Returns:
        Shape, scale on the left, scale on the right, and mean.
    """
    negative, positive = values[values < 0], values[values > 0]
    left = math.sqrt(float(np.mean(negative**2))) if negative.size else 1e-6
    right = math.sqrt(float(np.mean(positive**2))) if positive.size else 1e-6
    balance = left / right
    square = float(np.mean(values**2)) or 1e-12
    ratio = float(np.mean(np.abs(values))) ** 2 / square
    ratio *= (balance**3 + 1) * (balance + 1) / (balance**2 + 1) ** 2
    ratios, gammas = _shape_table()
    at = int(np.abs(ratios - ratio).argmin())
    shape = float(_SHAPES[at])
    one, two, three = gammas[at]
    spread = math.sqrt(one / three)
    left, right = left * spread, right * spread
    return shape, left, right, (right - left) * two / one


@cache
def _shape_table() -> tuple[Array, Array]:
    """Tabulate the ratio by which shapes are found, and gamma of 1, 2 and 3 over the shape."""
    gammas = np.array([[math.gamma(n / shape) for n in (1, 2, 3)] for shape in _SHAPES])
    return gammas[:, 1] ** 2 / (gammas[:, 0] * gammas[:, 2]), gammas
