"""Resizing to a size that is known."""

from __future__ import annotations

from dataclasses import dataclass, replace

import cv2
import numpy as np

from vsfilter.errors import OptionError

from .degradation import Clip
from .setting_checks import check_choices, check_number

METHODS = {
    "bilinear": cv2.INTER_LINEAR,
    "area": cv2.INTER_AREA,
    "bicubic": cv2.INTER_CUBIC,
}
"""OpenCV's; only area averages when it makes a picture smaller, so the others alias."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ResizeTo:
    """Resizes to a fixed size, by a factor, or, where neither is given, to the model's input.

    Attributes:
        width: Width in px; 0 leaves it open.
        height: Height in px; 0 leaves it open.
        factor: New sides over old ones; 0 leaves it open.
        methods: Names of `METHODS`, of which one is chosen for a clip.
    """

    width: int = 0
    height: int = 0
    factor: float = 0.0
    methods: tuple[str, ...] = tuple(METHODS)

    def __post_init__(self) -> None:
        """Refuse settings that name no size, or two."""
        check_number("factor", self.factor, least=0)
        check_choices("methods", self.methods, METHODS)
        if min(self.width, self.height) < 0 or bool(self.width) != bool(self.height):
            raise OptionError(
                f"width is {self.width} and height {self.height}: give both above 0, or neither"
            )
        if self.width and self.factor:
            raise OptionError(f"factor is {self.factor}: leave it out where width and height stand")

    def for_input(self, *, width: int, height: int) -> ResizeTo:
        """Take the size of the model's input where no other is set."""
        if self.width or self.factor:
            return self
        return replace(self, width=width, height=height)

    def __call__(self, clip: Clip, random: np.random.Generator) -> Clip:
        """Resize a clip; see `Degradation`."""
        width, height = self.width, self.height
        if self.factor:
            height, width = (max(1, round(n * self.factor)) for n in clip.shape[1:3])
        if not width:
            raise OptionError("resize_to has no size: give width and height, or a factor")
        return resize_frames(clip, width, height, method=str(random.choice(self.methods)))


def resize_frames(clip: Clip, width: int, height: int, *, method: str) -> Clip:
    """Resize each frame by a method of `METHODS`."""
    if clip.shape[1:3] == (height, width):
        return clip
    frames = [cv2.resize(f, (width, height), interpolation=METHODS[method]) for f in clip]
    resized: Clip = np.clip(np.stack(frames), 0, 1)
    return resized
