"""Crossfading two windows' outputs of the same frame."""

from __future__ import annotations

from fractions import Fraction

import numpy as np
from numpy.typing import NDArray


def crossfade(
    earlier: NDArray[np.float32], later: NDArray[np.float32], weight: Fraction
) -> NDArray[np.float32]:
    """Mix two outputs of one frame.

    Args:
        earlier: Output of the window that the frame belongs to, (3, h, w).
        later: Output of the next window.
        weight: Share of the later one, in [0, 1].
    """
    share = np.float32(float(weight))
    mixed: NDArray[np.float32] = earlier * (np.float32(1) - share) + later * share
    return mixed
