"""Settings that drift from frame to frame, as the degradations of real videos do."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray


def drift(
    random: np.random.Generator,
    bounds: tuple[float, float],
    *,
    step: float,
    count: int,
    first: float | None = None,
) -> NDArray[np.float64]:
    """Draw one value a frame: the first anywhere in a range, each next one near the last.

    Chan et al., Investigating Tradeoffs in Real-World Video Super-Resolution, CVPR 2022,
    section 3.4: a degradation of a video changes slowly.

    Args:
        random: Decides the values.
        bounds: The range, from the smaller to the larger value; values are held inside.
        step: Largest difference between two neighbouring frames, from 0.
        count: Frames.
        first: The value of the first frame; None draws it.

    Returns:
        (count,), float64.
    """
    low, high = bounds
    values = np.empty(count)
    values[0] = random.uniform(low, high) if first is None else first
    for n in range(1, count):
        values[n] = np.clip(values[n - 1] + random.uniform(-step, step), low, high)
    return values
