"""Sheets of drawn material, and how they are laid over one another."""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

type Sheet = NDArray[np.uint8]
"""(h, w, 4), RGBA, premultiplied by alpha: what is drawn upon nothing comes out so by itself."""
type Colour = tuple[int, int, int]
FRACTION_BITS = 8
"""Of a pixel, in the positions of points that are drawn."""


def empty_sheet(width: int, height: int) -> Sheet:
    """Give a sheet with nothing on it; sides in px."""
    return np.zeros((height, width, 4), dtype=np.uint8)


def opaque(colour: Colour) -> tuple[int, int, int, int]:
    """Give a colour as it is drawn with."""
    return (*colour, 255)


def any_colour(rng: np.random.Generator) -> Colour:
    """Draw a colour: black and white are as frequent as in print, and most others are dull."""
    if rng.random() < 0.4:
        level = int(rng.choice((0, 16, 40, 215, 240, 255)))
        return level, level, level
    levels = rng.integers(0, 256, 3)
    r, g, b = levels.mean() + (levels - levels.mean()) * rng.uniform(0.1, 1)
    return int(r), int(g), int(b)


def apart_from(colour: Colour, rng: np.random.Generator) -> Colour:
    """Draw a colour of another brightness, so that an edge between the two is seen."""
    found = any_colour(rng)
    while abs(sum(found) - sum(colour)) < 180:
        found = any_colour(rng)
    return found


def to_fixed(points: NDArray[np.float64]) -> NDArray[np.int32]:
    """Give points (n, 2), in px, as OpenCV takes them with `FRACTION_BITS`."""
    return (points * (1 << FRACTION_BITS)).round().astype(np.int32)


def lay_over(picture: NDArray[np.uint8], sheet: Sheet) -> NDArray[np.uint8]:
    """Lay a sheet over a picture (h, w, 3) of its size."""
    clear = cv2.merge([255 - sheet[..., 3]] * 3)
    under = cv2.multiply(picture, clear, scale=1 / 255)
    return np.asarray(cv2.add(under, sheet[..., :3]), dtype=np.uint8)
