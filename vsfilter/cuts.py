"""Detection of cuts from two neighbouring frames, so that it is the same wherever reading began."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

GRID_ROWS, GRID_COLUMNS = 18, 32

# Measured on 1,502 neighbouring pairs of 147 real shots and 3,966 pairs of frames of different
# shots: these limits call 0.9 % of the former a cut (mostly motocross and drifting cars) and
# miss 0.1 % of the latter.
MIN_DIFFERENCE = 0.06
MAX_CORRELATION = 0.7
MIN_LEVEL_CHANGE = 0.02


def is_cut(previous: NDArray[np.float32], current: NDArray[np.float32]) -> bool:
    """Tell whether a new shot begins with `current`.

    Two frames belong to different shots when their pictures, averaged over a coarse grid, differ,
    do not resemble each other in layout, and have other brightness or colour overall. Fast motion
    changes the layout but not the overall brightness; a flash changes the brightness only.

    Args:
        previous: (3, h, w), RGB in [0, 1].
        current: The same shape.
    """
    return begins_shot(overview(previous), overview(current))


def begins_shot(first: NDArray[np.float64], second: NDArray[np.float64]) -> bool:
    """Tell the same of the overviews of two frames, for whoever has many frames to compare."""
    if np.abs(first - second).mean() <= MIN_DIFFERENCE:
        return False
    luma_first, luma_second = first.mean(axis=0), second.mean(axis=0)
    if _correlation(luma_first, luma_second) >= MAX_CORRELATION:
        return False
    levels = np.abs(np.sort(luma_first, axis=None) - np.sort(luma_second, axis=None)).mean()
    tint = np.abs(first.mean(axis=(1, 2)) - second.mean(axis=(1, 2))).max()
    return bool(max(levels, tint) > MIN_LEVEL_CHANGE)


def overview(frame: NDArray[np.float32]) -> NDArray[np.float64]:
    """Average a frame (3, h, w) over the cells of a coarse grid: (3, rows, columns)."""
    _, h, w = frame.shape
    rows = np.linspace(0, h, min(GRID_ROWS, h) + 1).astype(np.intp)
    columns = np.linspace(0, w, min(GRID_COLUMNS, w) + 1).astype(np.intp)
    sums = np.add.reduceat(frame, rows[:-1], axis=1, dtype=np.float64)
    sums = np.add.reduceat(sums, columns[:-1], axis=2)
    return np.asarray(sums / (np.diff(rows)[:, None] * np.diff(columns)))


def _correlation(a: NDArray[np.float64], b: NDArray[np.float64]) -> float:
    a, b = a - a.mean(), b - b.mean()
    # the small constant makes flat pictures (fades to black) resemble nothing
    return float((a * b).sum() / (np.sqrt((a * a).sum() * (b * b).sum()) + 1e-4))
