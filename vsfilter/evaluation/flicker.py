"""How much a restored clip trembles."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from vsfilter.metrics import luma_bt601

Pixels = NDArray[np.uint8]


class Flicker:
    """How far changes from frame to frame are from those of another clip, frame after frame.

    Attributes:
        values: Of each frame but the first: mean absolute difference of the luma, in grey levels.
    """

    def __init__(self) -> None:
        self.values: list[float] = []
        self._error: NDArray[np.float64] | None = None

    def add(self, restored: Pixels, other: Pixels) -> None:
        """Add a frame of both, (h, w, 3), RGB."""
        error = luma_bt601(restored) - luma_bt601(other)
        if self._error is not None:
            self.values.append(float(np.abs(error - self._error).mean()))
        self._error = error

    def mean(self) -> float:
        """Give the mean absolute difference of the luma, in grey levels; 0 for one frame."""
        return float(np.mean(self.values)) if self.values else 0.0
