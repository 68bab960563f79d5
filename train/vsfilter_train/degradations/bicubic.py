"""MATLAB's bicubic ("BI")."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from vsfilter.errors import OptionError
from vsfilter.resize import imresize_to

from .degradation import Clip


@dataclass(frozen=True, slots=True, kw_only=True)
class Bicubic:
    """Makes a clip as small as the model's input as MATLAB does it; nothing is random.

    Attributes:
        width: Width in px; 0 takes that of the model's input.
        height: Height in px; 0 takes that of the model's input.
    """

    width: int = 0
    height: int = 0

    def __post_init__(self) -> None:
        """Refuse half a size."""
        if min(self.width, self.height) < 0 or bool(self.width) != bool(self.height):
            raise OptionError(
                f"width is {self.width} and height {self.height}: give both above 0, or neither"
            )

    def for_input(self, *, width: int, height: int) -> Bicubic:
        """Take the size of the model's input where no other is set."""
        return self if self.width else replace(self, width=width, height=height)

    def __call__(self, clip: Clip, random: np.random.Generator) -> Clip:
        """Resize a clip; see `Degradation`."""
        if not self.width:
            raise OptionError("bicubic has no size: give width and height")
        frames = [imresize_to(frame, width=self.width, height=self.height) for frame in clip]
        small: Clip = np.clip(np.stack(frames), 0, 1)
        return small
