"""The choice of windows and tiles for a clip, by the memory that there is."""

from __future__ import annotations

import logging
from functools import cached_property

import torch

from vsfilter.engine.footprint import measure_footprint
from vsfilter.engine.geometry import Demand, Geometry, Settled, frame_bytes
from vsfilter.engine.load import LoadedModel
from vsfilter.engine.memory import free_bytes
from vsfilter.engine.memory_limit import USED_SHARE, MemoryLimit
from vsfilter.engine.settings import Settings
from vsfilter.engine.try_out import restore_noise, try_out
from vsfilter.errors import VsfilterError
from vsfilter.window import Grid

log = logging.getLogger(__name__)

CORE_PX = 128_000_000
"""Pixels of output that a window holds at most by default: 1.5 GB in float32."""
_GENEROUS_BYTES = 1_000_000_000
_GENEROUS_BYTES_PX = 20_000
"""With the figure above, what no known model exceeds, for each pixel and byte of a number."""


class Settler:
    """Chooses the windows and tiles of a clip, once for all of it.

    Args:
        loaded: The model.
        settings: What the user gave: a core or a tile of theirs stays as it is.
        limit: What may be taken.
        size: Columns and rows of the clip, in px. Large clips get smaller cores by default, since
            memory holds two windows of output; where memory does not do for these either, smaller
            ones, or tiles.
    """

    def __init__(
        self,
        loaded: LoadedModel,
        settings: Settings,
        limit: MemoryLimit,
        *,
        size: tuple[int, int],
    ) -> None:
        self._loaded = loaded
        self._limit = limit
        self._size = size
        self._wanted = _wanted(loaded, settings, size)
        # with `deterministic` the memory of a machine is to change nothing
        self._may_tile = settings.tile is None and not settings.deterministic
        self._may_shrink = settings.core is None and not settings.deterministic

    def settle(self, settled: Settled | None = None) -> Geometry:
        """Choose windows and tiles that fit into memory; say so where they are not those wanted.

        Args:
            settled: What was settled before, or elsewhere.

        Raises:
            RuntimeError: The device runs out of memory with the smallest geometry too.
        """
        if settled is not None and (not settled.must_fit or self._still_fits(settled.geometry)):
            return settled.geometry
        wanted, limit = self._wanted, self._limit
        if self._is_generous() or not (self._may_tile or self._may_shrink):
            return wanted
        demand = self._demand
        chosen = demand.choose(wanted, limit=limit.bytes)
        if self._must_try(chosen):
            chosen = try_out(
                demand, wanted, limit, lambda tried: restore_noise(self._loaded, tried, self._size)
            )
        if chosen != wanted:
            log.warning(
                "memory: %s, since %s would take %s of %s",
                chosen,
                wanted,
                _gigabytes(demand.bytes(wanted)),
                _gigabytes(limit.bytes),
            )
        if demand.bytes(chosen) > limit.bytes:
            log.warning(
                "memory may not do: a window takes about %s", _gigabytes(demand.bytes(chosen))
            )
        return chosen

    def room_for(self, geometry: Geometry, wished: int) -> int:
        """Give how many of so many bytes of the host are left beside what windows take.

        Args:
            geometry: The windows and tiles.
            wished: How many the caller has a use for.
        """
        if torch.device(self._loaded.device).type != "cpu":
            px, scale = self._size[0] * self._size[1], self._loaded.model.scale
            left = int(free_bytes("cpu") * USED_SHARE) - frame_bytes(geometry, px=px, scale=scale)
        elif self._is_generous(beside=wished):
            return wished
        else:
            left = self._limit.bytes - self._demand.bytes(geometry)
        return max(0, min(wished, left))

    def was_too_much(self, geometry: Geometry) -> bool:
        """Tell whether windows and tiles were taken again although memory had not done for them."""
        return self._limit.is_lowered and (self._foretold(geometry) or 0) > self._limit.bytes

    def take_less(self, geometry: Geometry, *, share: float) -> bool:
        """Remember that windows and tiles were too much, whatever was foretold of them.

        Args:
            geometry: What they are.
            share: How much of what was foretold of them may be taken from now on.

        Returns:
            Whether a next run chooses others.
        """
        foretold = self._foretold(geometry)
        self._limit.lower(int((foretold or self._limit.bytes) * share))
        if foretold is None:
            return False
        return self._demand.choose(self._wanted, limit=self._limit.bytes) != geometry

    def _foretold(self, geometry: Geometry) -> int | None:
        """Give the memory that windows and tiles take; None where not even a small one fits."""
        try:
            return self._demand.bytes(geometry)
        except (VsfilterError, MemoryError, RuntimeError) as error:
            log.debug("the model takes no small window either: %s", error)
            return None

    def _still_fits(self, geometry: Geometry) -> bool:
        """Tell whether what was settled before fits into what is free, with nothing to spare."""
        return self._is_generous() or (
            self._demand.bytes(geometry) * USED_SHARE <= self._limit.bytes
        )

    @cached_property
    def _demand(self) -> Demand:
        return Demand(
            footprint=measure_footprint(self._loaded),
            width=self._size[0],
            height=self._size[1],
            scale=self._loaded.model.scale,
            may_tile=self._may_tile,
            may_shrink=self._may_shrink,
            is_shipped=self._limit.workers is not None,
        )

    def _is_generous(self, *, beside: int = 0) -> bool:
        """Tell whether any window fits beside so many bytes, without a look at the model."""
        if self._limit.is_lowered:  # this model takes more than known ones
            return False
        width, height = self._size
        number_bytes = 4 if self._loaded.precision == "fp32" else 2
        needed = _GENEROUS_BYTES + _GENEROUS_BYTES_PX * number_bytes * width * height
        return needed + beside <= self._limit.bytes

    def _must_try(self, chosen: Geometry) -> bool:
        """Tell whether a forecast is not enough."""
        # other devices say when they are full; a CPU's system ends the process instead
        if torch.device(self._loaded.device).type == "cpu":
            return False
        return self._limit.is_lowered or 2 * self._demand.bytes(chosen) > self._limit.bytes


def _wanted(loaded: LoadedModel, settings: Settings, size: tuple[int, int]) -> Geometry:
    """Give what is best where memory does not matter."""
    backend, (width, height) = loaded.backend, size
    affordable = max(1, settings.blend, CORE_PX // (width * height * loaded.model.scale**2))
    grid = Grid(
        core=min(backend.core, affordable) if settings.core is None else settings.core,
        context=backend.context if settings.context is None else settings.context,
        blend=settings.blend,
    )
    return Geometry(grid=grid, tile=settings.tile)


def _gigabytes(size: int) -> str:
    return f"{size / 1e9:.1f} GB"
