"""A Gaussian blur, then every n-th pixel ("BD")."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from vsfilter.blur_down import blur_down
from vsfilter.errors import OptionError

from .degradation import Clip
from .setting_checks import check_number


@dataclass(frozen=True, slots=True, kw_only=True)
class BlurDown:
    """Makes a clip smaller by a whole factor, as `vsr evaluate --degradation bd` does.

    Attributes:
        factor: Whole factor; 0 takes that of the model. Sigma is 0.4 times it: 1.6 px for 4.
        width: Width of the model's input in px, which a training tells.
    """

    factor: int = 0
    width: int = 0

    def __post_init__(self) -> None:
        """Refuse a factor that cannot be."""
        check_number("factor", self.factor, least=0)
        check_number("width", self.width, least=0)

    def for_input(self, *, width: int, height: int) -> BlurDown:
        """Take the factor that leads to the model's input where no other is set."""
        return replace(self, width=width)

    def __call__(self, clip: Clip, random: np.random.Generator) -> Clip:
        """Blur and thin out a clip; see `Degradation`."""
        factor = self.factor or (clip.shape[2] // self.width if self.width else 0)
        if factor < 1:
            raise OptionError("blur_down has no factor: give one")
        return np.stack([blur_down(frame, factor) for frame in clip])
