"""The blur of a camera that moves while it exposes."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from vsfilter_train.kernels import Kernel

from .blur import filter_frames
from .degradation import Clip
from .drift import drift
from .setting_checks import check_number, check_range

POINTS_PER_PX = 8


@dataclass(frozen=True, slots=True, kw_only=True)
class MotionBlur:
    """Blurs each frame along a straight line, whose length and angle drift.

    Attributes:
        length: Length of the line, in px.
        length_step: Drift of it, in px a frame.
        angle: Angle of the line, from right towards down, in degrees.
        angle_step: Drift of it, in degrees a frame.
    """

    length: tuple[float, float] = (1.0, 15.0)
    length_step: float = 1.0
    angle: tuple[float, float] = (-90.0, 90.0)
    angle_step: float = 10.0

    def __post_init__(self) -> None:
        """Refuse settings that cannot work."""
        check_range("length", self.length, least=0, most=200)
        check_number("length_step", self.length_step, least=0)
        check_range("angle", self.angle, least=-360, most=360)
        check_number("angle_step", self.angle_step, least=0)

    def __call__(self, clip: Clip, random: np.random.Generator) -> Clip:
        """Blur a clip; see `Degradation`."""
        lengths = drift(random, self.length, step=self.length_step, count=len(clip))
        angles = drift(random, self.angle, step=self.angle_step, count=len(clip))
        pairs = zip(lengths, angles, strict=True)
        return filter_frames(clip, [line(float(px), float(degrees)) for px, degrees in pairs])


def line(length: float, angle: float) -> Kernel:
    """Make the kernel of a straight line through the centre.

    Args:
        length: In px, from 0.
        angle: From right towards down, in degrees.

    Returns:
        (size, size), float64, sum 1, with an odd size.
    """
    radius = math.ceil(length / 2) + 1
    count = max(1, round(length * POINTS_PER_PX))
    along = (np.arange(count) + 0.5) / count * length - length / 2
    kernel = np.zeros((2 * radius + 1, 2 * radius + 1))
    x = radius + along * math.cos(math.radians(angle))
    y = radius + along * math.sin(math.radians(angle))
    column, row = np.floor(x).astype(int), np.floor(y).astype(int)
    right, down = x - column, y - row
    for dy, dx, weight in (  # each point is shared out among the four pixels around it
        (0, 0, (1 - down) * (1 - right)),
        (0, 1, (1 - down) * right),
        (1, 0, down * (1 - right)),
        (1, 1, down * right),
    ):
        np.add.at(kernel, (row + dy, column + dx), weight)
    total: Kernel = kernel / kernel.sum()
    return total
