"""Windows that are tried before a clip begins, on devices that say when they are full."""

from __future__ import annotations

from collections.abc import Callable

import torch

from vsfilter.engine.checked_model import CheckedModel
from vsfilter.engine.geometry import Demand, Geometry
from vsfilter.engine.load import LoadedModel
from vsfilter.engine.memory import is_out_of_memory, release
from vsfilter.engine.memory_limit import LESS, MemoryLimit
from vsfilter.engine.tiles import restore_in_tiles


def try_out(
    demand: Demand, wanted: Geometry, limit: MemoryLimit, restore: Callable[[Geometry], object]
) -> Geometry:
    """Choose a geometry that can really be restored; lower the limit where one cannot.

    Args:
        demand: What has to fit.
        wanted: What is best where memory does not matter.
        limit: What may be taken, as far as is known.
        restore: Restores a window, and raises where memory is used up.

    Raises:
        RuntimeError: Memory is used up by the smallest geometry too; or what else `restore` raises.
    """
    chosen = demand.choose(wanted, limit=limit.bytes)
    while True:
        try:
            restore(chosen)
        except (MemoryError, RuntimeError) as error:
            if not is_out_of_memory(error):
                raise
            limit.lower(int(demand.bytes(chosen) * LESS))
            smaller = demand.choose(wanted, limit=limit.bytes)
            if smaller == chosen:
                raise
            chosen = smaller
        else:
            return chosen


def restore_noise(loaded: LoadedModel, geometry: Geometry, size: tuple[int, int]) -> None:
    """Restore a window of noise.

    Args:
        loaded: The model.
        geometry: The windows and tiles.
        size: Columns and rows of the clip, in px.
    """
    grid, (width, height) = geometry.grid, size
    noise = torch.rand((grid.core + 2 * grid.context, 3, height, width), device=loaded.device)
    keep = slice(grid.context, grid.context + grid.core)
    try:
        with torch.inference_mode():
            restore_in_tiles(CheckedModel.of(loaded), noise, keep, geometry.tile)
    finally:
        release(loaded.device)
