"""Figures of line art that move in themselves: flat colours within dark contours."""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from .sheet import (
    FRACTION_BITS,
    Colour,
    Sheet,
    any_colour,
    apart_from,
    empty_sheet,
    opaque,
    to_fixed,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Shape:
    """A closed curve whose radius swings about a mean one.

    Attributes:
        centre: In px.
        radius_px: The mean radius.
        waves: (n, 4): number of periods around the curve, share of the radius, phase, and how
            fast the phase runs, in radians a frame.
        fill: Colour inside; None for a line alone.
    """

    centre: NDArray[np.float64]
    radius_px: float
    waves: NDArray[np.float64]
    fill: Colour | None

    def points(self, t: float, *, size: float = 1.0) -> NDArray[np.float64]:
        """Give the curve at a time in frames: (n, 2), in px."""
        angle = np.linspace(0, 2 * np.pi, 240, endpoint=False)
        periods, share, phase, speed = self.waves.T[..., None]
        swing = (share * np.sin(periods * angle + phase + speed * t)).sum(axis=0)
        radius = size * self.radius_px * (1 + swing)
        circle = np.stack([np.cos(angle), np.sin(angle)], axis=1)
        return np.asarray(self.centre + radius[:, None] * circle)


class Figure:
    """A figure of several shapes, as a frame of a cartoon has.

    Args:
        rng: What chance decides by.
        width: Columns of its sheet, in px.
        height: Rows of its sheet, in px.
    """

    def __init__(self, rng: np.random.Generator, width: int, height: int) -> None:
        self._size = (width, height)
        self._ink: Colour = (10, 8, 12) if rng.random() < 0.7 else any_colour(rng)
        self._line_px = int(rng.integers(2, 9))
        self._has_shadow = rng.random() < 0.6
        self._shapes = [self._any_shape(rng) for _ in range(int(rng.integers(2, 9)))]

    def _any_shape(self, rng: np.random.Generator) -> _Shape:
        reach = min(self._size) / 2
        count = int(rng.integers(1, 5))
        waves = np.stack(
            [
                rng.integers(2, 9, count),
                rng.uniform(0, 0.45 / count, count),
                rng.uniform(0, 2 * np.pi, count),
                rng.normal(0, 0.12, count),
            ],
            axis=1,
        )
        share = rng.uniform(0.06, 0.5)
        offset = rng.uniform(-1, 1, 2) * (0.55 - share) * reach
        return _Shape(
            centre=np.asarray(self._size) / 2 + offset,
            radius_px=share * reach,
            waves=waves.astype(np.float64),
            fill=apart_from(self._ink, rng) if rng.random() < 0.85 else None,
        )

    def at(self, t: float) -> Sheet:
        """Draw the figure at a time in frames."""
        sheet = empty_sheet(*self._size)
        for shape in sorted(self._shapes, key=lambda each: -each.radius_px):
            outline = [to_fixed(shape.points(t))]
            if shape.fill is not None:
                cv2.fillPoly(sheet, outline, opaque(shape.fill), cv2.LINE_AA, FRACTION_BITS)
                if self._has_shadow:
                    r, g, b = shape.fill
                    dark = (r * 3 // 5, g * 3 // 5, b * 3 // 4)
                    inner = shape.points(t, size=0.8) + 0.12 * shape.radius_px
                    cv2.fillPoly(sheet, [to_fixed(inner)], opaque(dark), cv2.LINE_AA, FRACTION_BITS)
            ink = opaque(self._ink)
            cv2.polylines(sheet, outline, True, ink, self._line_px, cv2.LINE_AA, FRACTION_BITS)
        return sheet
