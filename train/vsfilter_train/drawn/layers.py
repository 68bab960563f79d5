"""What lies over what in a drawn clip, and where at which time."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import cv2
import numpy as np

from vsfilter_train.clip import Pixels

from .lettering import any_lettering
from .line_art import Figure
from .motion import Motion, any_motion
from .sheet import Sheet, lay_over
from .textures import any_texture

DENSITY = 2
"""Samples in a pixel along each axis: their mean is antialiased in motion too."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Layer:
    """A sheet that may change with time, and how it moves.

    Attributes:
        sheet: Gives the sheet at a time in frames.
        motion: Its motion.
        is_ground: It is repeated without end.
    """

    sheet: Callable[[float], Sheet]
    motion: Motion
    is_ground: bool = False

    def placed(self, t: float, size: tuple[int, int]) -> Sheet:
        """Give what it adds to the picture of a time, in samples; the size is in px."""
        sheet = self.sheet(t)
        h, w = sheet.shape[:2]
        placed = cv2.warpAffine(
            sheet,
            self.motion.matrix(t, (w, h), DENSITY),
            (DENSITY * size[0], DENSITY * size[1]),
            flags=cv2.INTER_LINEAR,
            borderMode=cv2.BORDER_REFLECT if self.is_ground else cv2.BORDER_CONSTANT,
        )
        return np.asarray(placed, dtype=np.uint8)


def any_layers(rng: np.random.Generator, size: tuple[int, int]) -> list[Layer]:
    """Choose a texture as the ground, and text and figures that move over it.

    Args:
        rng: What chance decides by.
        size: Width and height of the picture, in px.
    """

    def motion(*, is_upright: bool) -> Motion:
        return any_motion(rng, *size, is_upright=is_upright)

    width, height = (DENSITY * side for side in size)
    ground = _always(any_texture(rng, width, height))
    layers = [Layer(sheet=ground, motion=motion(is_upright=False), is_ground=True)]
    for _ in range(int(rng.integers(1, 5))):
        columns, rows = (int(rng.uniform(0.3, 0.9) * side) for side in (width, height))
        if rng.random() < 0.5:
            words = _always(any_lettering(rng, columns, rows))
            layers.append(Layer(sheet=words, motion=motion(is_upright=rng.random() < 0.7)))
        else:
            figure = Figure(rng, columns, rows)
            layers.append(Layer(sheet=figure.at, motion=motion(is_upright=False)))
    return layers


def draw(layers: list[Layer], t: float, size: tuple[int, int]) -> Pixels:
    """Draw one frame: (h, w, 3), RGB, uint8; the size is width and height, in px."""
    picture: Pixels = np.zeros((DENSITY * size[1], DENSITY * size[0], 3), dtype=np.uint8)
    for layer in layers:
        picture = lay_over(picture, layer.placed(t, size))
    return np.asarray(cv2.resize(picture, size, interpolation=cv2.INTER_AREA), dtype=np.uint8)


def _always(sheet: Sheet) -> Callable[[float], Sheet]:
    return lambda t: sheet
