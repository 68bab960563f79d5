"""What a degradation is.

A kind of degradation is a frozen dataclass whose fields are its settings, checked when it is made,
and which is called with a clip. An entry point of the group `vsfilter.degradations` gives it its
name in recipes, the bundled ones too.
"""

from __future__ import annotations

from typing import Protocol, runtime_checkable

import numpy as np
from numpy.typing import NDArray

type Clip = NDArray[np.float32]
"""(t, h, w, 3), float32, RGB in [0, 1]."""


class Degradation(Protocol):
    """Makes a clip worse; what it draws comes from the generator alone."""

    def __call__(self, clip: Clip, random: np.random.Generator) -> Clip:
        """Give the degraded clip: the same number of frames, maybe of another size.

        Args:
            clip: (t, h, w, 3), float32, RGB in [0, 1]; it is not changed.
            random: Decides whatever is random.

        Returns:
            A clip of the same kind.
        """


@runtime_checkable
class FitsInput(Protocol):
    """A degradation that may depend on the size that the model's input has in the end."""

    def for_input(self, *, width: int, height: int) -> Degradation:
        """Give the same degradation for an input of this size, in px."""


def fit_to_input(degradation: Degradation, *, width: int, height: int) -> Degradation:
    """Tell a degradation the size of the model's input, if it wants to know it."""
    if isinstance(degradation, FitsInput):
        return degradation.for_input(width=width, height=height)
    return degradation
