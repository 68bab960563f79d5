"""Whether the lines of a picture look like those of two times; needs no FFmpeg."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from vsfilter.frame import Plane

LEAST_HEIGHT = 16
"""Lines below which nothing is concluded."""
_BLOCK = 16
_COMBED_PIXELS = 80
"""Pixels of a block of 16x16 from which it counts as combed."""
_COMBED_SHARE = 0.03
"""Share of combed blocks from which a frame does: interlaced frames that move have 7 to 60 %,
progressive ones with patterns of fine lines up to 2.5 %."""


def has_combed_lines(luma: Plane, *, bits: int) -> bool:
    """Tell whether the lines of a picture look like those of two times.

    A pixel is combed where it differs from the lines beside it, which are of the other field, much
    more than from the next lines of its own field. In one picture it is the other way round, except
    in patterns of very fine lines; blocks in which the combed pixels are many tell the two apart.

    Args:
        luma: (rows, columns) of integers, of what shows most: luma, or green.
        bits: Of a sample.
    """
    if len(luma) < LEAST_HEIGHT:
        return False
    every_second = luma[:, ::2].astype(np.int32)  # of the columns: they say as much
    unit = 1 << (bits - 8)
    here = 2 * every_second[2:-2]
    across = np.abs(every_second[1:-3] - here + every_second[3:-1])  # over lines of both fields
    along = np.abs(every_second[:-4] - here + every_second[4:])  # over those of one field
    combed = _count(2 * across > 3 * along + 20 * unit)
    plain = _count(2 * along > 3 * across + 20 * unit)
    blocks = (combed > _COMBED_PIXELS // 2) & (combed > 2 * plain)
    return bool(blocks.size) and float(blocks.mean()) > _COMBED_SHARE


def _count(pixels: NDArray[np.bool_]) -> NDArray[Any]:  # Any: numpy's own type of counts
    """Count pixels in blocks of 16 rows and 8 columns; what is left at the edges is left out."""
    rows, columns = (side // size for side, size in zip(pixels.shape, (_BLOCK, 8), strict=True))
    whole = pixels[: rows * _BLOCK, : columns * 8]
    return whole.reshape(rows, _BLOCK, columns, 8).sum(axis=(1, 3))
