"""A canvas that is drawn on in scene units."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import cv2
import numpy as np
from numpy.typing import NDArray

RGB = tuple[int, int, int]
Points = Sequence[tuple[float, float]] | Sequence[NDArray[np.float64]] | NDArray[np.float64]
Pixels = NDArray[np.uint8] | cv2.typing.MatLike
"""Of uint8: what OpenCV gives has a type that does not say so."""
_FRACTION_BITS = 8


class Box(NamedTuple):
    """A rectangle in scene units: 1 unit is 1 px of the finished 1280x720 picture."""

    x: float
    y: float
    w: float
    h: float


class Canvas:
    """A picture on which antialiased shapes are drawn.

    The pixels are premultiplied by their alpha: whatever is drawn upon transparent black by
    antialiasing comes out so by itself, and composing needs no division.

    Args:
        box: The part of the scene that the canvas covers.
        density: Samples in one scene unit, along each axis.

    Attributes:
        pixels: (h, w, 4), RGBA, uint8.
    """

    def __init__(self, box: Box, density: int) -> None:
        self.box = box
        self.density = density
        self.pixels = np.zeros((round(box.h * density), round(box.w * density), 4), dtype=np.uint8)

    def polygon(self, points: Points, colour: RGB) -> None:
        """Fill a polygon."""
        cv2.fillPoly(
            self.pixels, [self._fixed(points)], (*colour, 255), cv2.LINE_AA, _FRACTION_BITS
        )

    def rectangle(self, box: Box, colour: RGB) -> None:
        """Fill a rectangle."""
        self.polygon(corners(box), colour)

    def ellipse(self, centre: tuple[float, float], radii: tuple[float, float], colour: RGB) -> None:
        """Fill an ellipse."""
        angles = np.linspace(0, 2 * np.pi, 12 + round(2 * max(radii)), endpoint=False)
        circle = np.stack([np.cos(angles), np.sin(angles)], axis=1)
        self.polygon(np.asarray(centre) + circle * radii, colour)

    def line(self, points: Points, width: float, colour: RGB) -> None:
        """Draw an open line of a width in units, at least one sample thick."""
        cv2.polylines(
            self.pixels,
            [self._fixed(points)],
            False,
            (*colour, 255),
            max(1, round(width * self.density)),
            cv2.LINE_AA,
            _FRACTION_BITS,
        )

    def ring(self, centre: tuple[float, float], radius: float, width: float, colour: RGB) -> None:
        """Draw a circle's line."""
        angles = np.linspace(0, 2 * np.pi, 24 + round(2 * radius))
        circle = np.stack([np.cos(angles), np.sin(angles)], axis=1)
        self.line(np.asarray(centre) + radius * circle, width, colour)

    def text(self, words: str, centre: tuple[float, float], height: float, colour: RGB) -> None:
        """Write words with capitals of a height in units, around a centre."""
        font = cv2.FONT_HERSHEY_TRIPLEX if height > 12 else cv2.FONT_HERSHEY_DUPLEX
        scale = height * self.density / 21  # Hershey's capitals are 21 px high at scale 1
        thickness = max(1, round(height * self.density / 14))
        (width, cap), _ = cv2.getTextSize(words, font, scale, thickness)
        x, y = self._to_samples(np.asarray([centre]))[0]
        corner = (round(x - width / 2), round(y + cap / 2))
        cv2.putText(self.pixels, words, corner, font, scale, (*colour, 255), thickness, cv2.LINE_AA)

    def shade(self, points: Points, strength: float, softness: float) -> None:
        """Darken (below 0: lighten) a polygon with a soft edge, where something is drawn."""
        mask = np.zeros(self.pixels.shape[:2], dtype=np.uint8)
        cv2.fillPoly(mask, [self._fixed(points)], 255, cv2.LINE_AA, _FRACTION_BITS)
        rows, columns = self._around(points, 3 * softness)
        soft = np.asarray(mask[rows, columns].astype(np.float32) / 255)
        if softness:
            soft = np.asarray(cv2.GaussianBlur(soft, (0, 0), softness * self.density))
        part = self.pixels[rows, columns]
        factor = 1 - strength * soft[..., None]
        shaded = np.minimum(part[..., :3] * factor, part[..., 3:])  # stays premultiplied
        self.pixels[rows, columns, :3] = shaded.round().astype(np.uint8)

    def clip(self, points: Points) -> None:
        """Erase all that is outside a polygon."""
        mask = np.zeros(self.pixels.shape[:2], dtype=np.uint8)
        cv2.fillPoly(mask, [self._fixed(points)], 255, cv2.LINE_AA, _FRACTION_BITS)
        kept = cv2.multiply(self.pixels, cv2.merge([mask] * 4), scale=1 / 255)
        self.pixels = np.asarray(kept, dtype=np.uint8)

    def paste(self, other: Canvas) -> None:
        """Put another canvas of the same density on top, where it lies in the scene."""
        x, y = (round(n) for n in self._to_samples(np.asarray([other.box[:2]]))[0] + 0.5)
        height, width = other.pixels.shape[:2]
        top, left = max(0, y), max(0, x)
        under = self.pixels[top : max(0, y + height), left : max(0, x + width)]
        over = other.pixels[top - y :, left - x :][: under.shape[0], : under.shape[1]]
        under[:] = compose(under, over)

    def reduced(self, factor: int) -> NDArray[np.uint8]:
        """Give the pixels made smaller by a whole factor, by averaging."""
        h, w = self.pixels.shape[:2]
        small = cv2.resize(self.pixels, (w // factor, h // factor), interpolation=cv2.INTER_AREA)
        return np.asarray(small, dtype=np.uint8)

    def _to_samples(self, points: Points) -> NDArray[np.float64]:
        """Turn scene units into sample positions; OpenCV's sample 0 has its centre at 0."""
        offset = np.asarray([self.box.x, self.box.y])
        return (np.asarray(points, dtype=np.float64) - offset) * self.density - 0.5

    def _fixed(self, points: Points) -> NDArray[np.int32]:
        return (self._to_samples(points) * (1 << _FRACTION_BITS)).round().astype(np.int32)

    def _around(self, points: Points, margin: float) -> tuple[slice, slice]:
        samples = self._to_samples(points)
        low = np.maximum(samples.min(axis=0) - margin * self.density, 0).astype(int)
        high = np.maximum(samples.max(axis=0) + margin * self.density + 2, 0).astype(int)
        return slice(low[1], high[1]), slice(low[0], high[0])


def compose(under: Pixels, over: Pixels) -> NDArray[np.uint8]:
    """Lay a premultiplied RGBA picture over an RGB or RGBA one of the same size."""
    channels = under.shape[2]
    clear = cv2.merge([255 - over[..., 3]] * channels)
    both = cv2.add(cv2.multiply(under, clear, scale=1 / 255), over[..., :channels])
    return np.asarray(both, dtype=np.uint8)


def corners(box: Box) -> list[tuple[float, float]]:
    """Give the corners of a rectangle in order."""
    x, y, w, h = box
    return [(x, y), (x + w, y), (x + w, y + h), (x, y + h)]


def vary(colour: RGB, amount: float, rng: np.random.Generator) -> RGB:
    """Make a colour lighter or darker by chance."""
    return tint(colour, 1 + rng.uniform(-amount, amount))


def tint(colour: RGB, factor: float) -> RGB:
    """Make a colour lighter (above 1) or darker (below 1)."""
    r, g, b = (round(min(255, value * factor)) for value in colour)
    return r, g, b
