"""The choice of windows and tiles for a clip, by the memory that there is."""

from __future__ import annotations

import logging
from collections.abc import Callable

import torch

from vsfilter.engine.checked_model import CheckedModel
from vsfilter.engine.footprint import measure_footprint
from vsfilter.engine.geometry import Geometry, Task
from vsfilter.engine.load import LoadedModel
from vsfilter.engine.memory import is_out_of_memory, release
from vsfilter.engine.memory_limit import LESS, USED_SHARE, MemoryLimit
from vsfilter.engine.settings import Settings
from vsfilter.engine.tiles import restore_in_tiles

log = logging.getLogger(__name__)

_GENEROUS_BYTES = 1_000_000_000
_GENEROUS_BYTES_PX = 20_000
"""With the figure above, what no known model exceeds, for each pixel and byte of a number."""


def settle(
    loaded: LoadedModel,
    settings: Settings,
    wanted: Geometry,
    limit: MemoryLimit,
    *,
    size: tuple[int, int],
) -> Geometry:
    """Choose windows and tiles that fit into memory, and say so where they are not those wanted.

    Args:
        loaded: The model.
        settings: What the user gave: a core or a tile of theirs stays as it is.
        wanted: What is best where memory does not matter.
        limit: What may be taken.
        size: Columns and rows of the clip, in px.

    Raises:
        RuntimeError: The device runs out of memory with the smallest geometry too.
    """
    if settings.deterministic:  # the memory of a machine is to change nothing
        return wanted
    may_tile, may_shrink = settings.tile is None, settings.core is None
    if _is_generous(loaded, limit, size) or not (may_tile or may_shrink):
        return wanted
    task = _task(loaded, size, limit, may_tile=may_tile, may_shrink=may_shrink)
    chosen = task.choose(wanted, limit=limit.bytes)
    # other devices say when they are full; a CPU's system ends the process instead
    if torch.device(loaded.device).type != "cpu" and 2 * task.bytes(chosen) > limit.bytes:
        chosen = try_out(task, wanted, limit, lambda tried: _restore_noise(loaded, tried, size))
    if chosen != wanted:
        log.warning(
            "memory: %s, since %s would take %s of %s",
            chosen,
            wanted,
            _gigabytes(task.bytes(wanted)),
            _gigabytes(limit.bytes),
        )
    if task.bytes(chosen) > limit.bytes:
        log.warning("memory may not do: a window takes about %s", _gigabytes(task.bytes(chosen)))
    return chosen


def still_fits(
    loaded: LoadedModel, geometry: Geometry, limit: MemoryLimit, *, size: tuple[int, int]
) -> bool:
    """Tell whether what was settled before fits into what is free now, with nothing to spare.

    Args:
        loaded: The model.
        geometry: The windows and tiles.
        limit: What may be taken.
        size: Columns and rows of the clip, in px.
    """
    if _is_generous(loaded, limit, size):
        return True
    task = _task(loaded, size, limit, may_tile=True, may_shrink=True)
    return task.bytes(geometry) * USED_SHARE <= limit.bytes


def try_out(
    task: Task, wanted: Geometry, limit: MemoryLimit, restore: Callable[[Geometry], object]
) -> Geometry:
    """Choose a geometry that can really be restored; lower the limit where one cannot.

    Args:
        task: What has to fit.
        wanted: What is best where memory does not matter.
        limit: What may be taken, as far as is known.
        restore: Restores a window, and raises where memory is used up.

    Raises:
        RuntimeError: Memory is used up by the smallest geometry too; or what else `restore` raises.
    """
    chosen = task.choose(wanted, limit=limit.bytes)
    while True:
        try:
            restore(chosen)
        except (MemoryError, RuntimeError) as error:
            if not is_out_of_memory(error):
                raise
            limit.lower(int(task.bytes(chosen) * LESS))
            smaller = task.choose(wanted, limit=limit.bytes)
            if smaller == chosen:
                raise
            chosen = smaller
        else:
            return chosen


def _is_generous(loaded: LoadedModel, limit: MemoryLimit, size: tuple[int, int]) -> bool:
    """Tell whether any window fits, without a look at the model."""
    width, height = size
    number_bytes = 4 if loaded.precision == "fp32" else 2
    return _GENEROUS_BYTES + _GENEROUS_BYTES_PX * number_bytes * width * height <= limit.bytes


def _task(
    loaded: LoadedModel,
    size: tuple[int, int],
    limit: MemoryLimit,
    *,
    may_tile: bool,
    may_shrink: bool,
) -> Task:
    return Task(
        footprint=measure_footprint(loaded),
        width=size[0],
        height=size[1],
        scale=loaded.model.scale,
        may_tile=may_tile,
        may_shrink=may_shrink,
        is_shipped=limit.workers is not None,
    )


def _restore_noise(loaded: LoadedModel, geometry: Geometry, size: tuple[int, int]) -> None:
    grid, (width, height) = geometry.grid, size
    noise = torch.rand((grid.core + 2 * grid.context, 3, height, width), device=loaded.device)
    keep = slice(grid.context, grid.context + grid.core)
    try:
        with torch.inference_mode():
            restore_in_tiles(CheckedModel.of(loaded), noise, keep, geometry.tile)
    finally:
        release(loaded.device)


def _gigabytes(size: int) -> str:
    return f"{size / 1e9:.1f} GB"
