"""Restoring a run in overlapping tiles, so that a large picture fits into memory."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor

from vsfilter.plugin import Model

OVERLAP_PX = 32
GRID_PX = 16
"""Tiles begin at multiples of this, as pyramids and folds of pixels are laid out."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Tile:
    """A stretch of one axis of the input, half open, in px."""

    start: int
    stop: int


def split_axis(size: int, tile: int, *, overlap: int = OVERLAP_PX) -> list[Tile]:
    """Cover an axis with tiles on a grid that overlap by at least `overlap` px.

    A network that halves its input, or folds it, sees the same in a tile as in the whole picture
    where both begin at a multiple of what it halves or folds.

    Args:
        size: Length of the axis, in px.
        tile: Length of the tiles, in px, at least `overlap` and twice the grid; the last one may
            be shorter.
        overlap: The least that two tiles share, in px.
    """
    if size <= tile:
        return [Tile(start=0, stop=size)]
    step = tile - overlap - GRID_PX + 1  # the grid moves a tile by less than its step
    count = -(-(size - tile) // step) + 1
    starts = [on_grid(round(index * (size - tile) / (count - 1))) for index in range(count)]
    return [Tile(start=start, stop=min(start + tile, size)) for start in starts]


def on_grid(px: int) -> int:
    """Round a length up to the grid."""
    return -(-px // GRID_PX) * GRID_PX


def restore_in_tiles(model: Model, frames: Tensor, keep: slice, tile: int | None) -> Tensor:
    """Restore a run tile by tile; where tiles overlap they fade into one another.

    Args:
        model: The model.
        frames: (t, 3, h, w), float32, RGB in [0, 1].
        keep: The frames whose output is wanted.
        tile: Side of a tile in the input, in px; None restores it whole.

    Returns:
        (kept frames, 3, scale * h, scale * w), float32.
    """
    if tile is None:
        return model.restore(frames, keep)
    _, _, h, w = frames.shape
    kept = len(range(*keep.indices(frames.shape[0])))
    scale = model.scale
    total = frames.new_zeros((kept, 3, scale * h, scale * w))
    weights = frames.new_zeros((scale * h, scale * w))
    for rows in split_axis(h, tile):
        for columns in split_axis(w, tile):
            piece = frames[..., rows.start : rows.stop, columns.start : columns.stop]
            restored = model.restore(piece, keep)
            ramp = _ramp(rows, h, scale, frames)[:, None] * _ramp(columns, w, scale, frames)
            area = (
                slice(scale * rows.start, scale * rows.stop),
                slice(scale * columns.start, scale * columns.stop),
            )
            total[(..., *area)] += restored * ramp
            weights[area] += ramp
    return total.div_(weights)


def _ramp(tile: Tile, size: int, scale: int, like: Tensor) -> Tensor:
    """Weigh the pixels of a tile: 1 inside, falling towards edges that have a neighbour."""
    length = scale * (tile.stop - tile.start)
    fade = scale * OVERLAP_PX
    position = torch.arange(length, device=like.device, dtype=like.dtype) + 0.5
    weight = torch.ones_like(position)
    if tile.start > 0:
        weight = torch.minimum(weight, position / fade)
    if tile.stop < size:
        weight = torch.minimum(weight, (length - position) / fade)
    return weight
