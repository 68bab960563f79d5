"""What a house front is made of."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from demo_scene.canvas import RGB

GROUND = 515.0
"""Height of the pavement in the scene: y where the houses stand."""
SHOP = 78.0
"""Height of the shop in the ground floor."""
WHITE = (246, 240, 226)
"""Colour of frames, signs and stripes."""


@dataclass(frozen=True, slots=True, kw_only=True)
class House:
    """A house front.

    Attributes:
        x: Left edge.
        width: Width.
        eave: Where the wall ends and the roof begins, y.
        ridge: The highest point of the roof, y.
        roof: A pointed or stepped front, or a roof that faces the street.
        wall: What the wall is made of.
        colour: Of the wall.
        accent: Of the roof, door and awning.
        columns: Windows side by side.
        sign: Words over the shop.
    """

    x: float
    width: float
    eave: float
    ridge: float
    roof: Literal["pointed", "stepped", "facing"]
    wall: Literal["brick", "plaster", "timber", "boards"]
    colour: RGB
    accent: RGB
    columns: int
    sign: str
