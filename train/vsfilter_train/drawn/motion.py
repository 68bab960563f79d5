"""How a sheet moves over a picture."""

from __future__ import annotations

from dataclasses import dataclass
from math import cos, exp, sin

import numpy as np
from numpy.typing import NDArray

FASTEST_PX = 6.0
"""Speed of most sheets at most, in px a frame."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Motion:
    """A smooth path of a sheet's centre, with a turn and a zoom; t counts frames.

    Attributes:
        place: Where its centre is at t = 0, in px.
        speed: In px a frame.
        pull: How the speed changes, in px a frame².
        angle: At t = 0, in radians.
        turn: In radians a frame.
        zoom: Natural logarithm of its size, for each frame; at t = 0 it is as large as drawn.
    """

    place: tuple[float, float]
    speed: tuple[float, float]
    pull: tuple[float, float]
    angle: float
    turn: float
    zoom: float

    def matrix(self, t: float, sheet: tuple[int, int], density: int) -> NDArray[np.float64]:
        """Give the affine matrix (2, 3) from the pixels of a sheet to those of the picture.

        Args:
            t: The time, in frames.
            sheet: Its width and height, in px.
            density: Samples in a px of the picture, along each axis; the sheet has as many.
        """
        angle = self.angle + self.turn * t
        linear = exp(self.zoom * t) * np.asarray(
            [[cos(angle), -sin(angle)], [sin(angle), cos(angle)]]
        )
        place = np.asarray(self.place) + np.asarray(self.speed) * t
        place = (place + np.asarray(self.pull) * t * t / 2) * density
        offset = place - linear @ (np.asarray(sheet, dtype=np.float64) / 2)
        return np.column_stack([linear, offset])


def any_motion(rng: np.random.Generator, width: int, height: int, *, is_upright: bool) -> Motion:
    """Draw a motion over a picture of a size in px.

    Args:
        rng: What chance decides by.
        width: Columns of the picture.
        height: Rows of the picture.
        is_upright: Whether the sheet stands straight, as captions do.
    """
    kind = rng.random()
    fastest = 0.0 if kind < 0.1 else FASTEST_PX if kind < 0.9 else 3 * FASTEST_PX
    direction = rng.uniform(0, 2 * np.pi)
    if is_upright and rng.random() < 0.7:  # credits and tickers
        direction = float(rng.choice((np.pi / 2, np.pi, -np.pi / 2, 0)))
    speed = rng.uniform(0.1, 1) * fastest
    is_turning = not is_upright and rng.random() < 0.5
    return Motion(
        place=(rng.uniform(0.2, 0.8) * width, rng.uniform(0.2, 0.8) * height),
        speed=(speed * cos(direction), speed * sin(direction)),
        pull=(0.0, 0.0) if is_upright else (rng.normal(0, 0.15), rng.normal(0, 0.15)),
        angle=rng.normal(0, 0.02) if is_upright else rng.uniform(-np.pi, np.pi),
        turn=rng.normal(0, 0.015) if is_turning else 0.0,
        zoom=rng.normal(0, 0.006) if rng.random() < 0.5 else 0.0,
    )
