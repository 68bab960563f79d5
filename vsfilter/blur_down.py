"""Making pictures small by a Gaussian blur: the degradation "BD" of super-resolution papers."""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray


def blur_down[Sample: np.generic](image: NDArray[Sample], scale: int) -> NDArray[Sample]:
    """Make a picture small by blurring it and taking every n-th pixel.

    Jo et al., Deep Video Super-Resolution Network Using Dynamic Upsampling Filters, CVPR 2018:
    Gaussian of 13x13 px with sigma 0.4 * scale, borders mirrored.

    Args:
        image: (h, w, 3); integers, or float of any range.
        scale: Whole factor.

    Returns:
        The small picture in the type of the input; integers are rounded and clipped.
    """
    sigma = 0.4 * scale
    blurred = cv2.GaussianBlur(
        image.astype(np.float32), (13, 13), sigma, borderType=cv2.BORDER_REFLECT_101
    )
    small = blurred[::scale, ::scale]
    if np.issubdtype(image.dtype, np.integer):
        limits = np.iinfo(image.dtype.name)
        small = np.clip(small.round(), limits.min, limits.max)
    return np.ascontiguousarray(small.astype(image.dtype))
