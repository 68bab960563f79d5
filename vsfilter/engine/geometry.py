"""How large windows and tiles are, so that they fit into memory.

What is chosen holds for the whole clip: it is settled before the first frame, and journaled with
the settings.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace

from vsfilter.engine.footprint import Footprint
from vsfilter.engine.tiles import OVERLAP_PX, on_grid, split_axis
from vsfilter.window import Grid

SMALLEST_TILE_PX = 4 * OVERLAP_PX
"""Below this, tiles are mostly overlap."""
_SAMPLE_BYTES = 12
"""An RGB pixel in float32."""
_GIVEN, _MADE = 2, 2
"""Copies of the frames of a window, and of its result, beside those that the model makes: a command
uses one result while the next is made, and the graph of a script keeps two. They are counted alike,
so that both choose the same."""
_GIVEN_SHIPPED, _MADE_SHIPPED = 6, 3
"""The same where a worker restores: the command has the frames of two windows for each worker and
reads one more, the store through which processes give each other pictures has them too, and the
worker has those it computes with; the store has the results of two windows, and one is used."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Geometry:
    """The windows and tiles of a clip.

    Attributes:
        grid: Its windows.
        tile: Side of the tiles in which its frames are restored, in px; None for whole frames.
    """

    grid: Grid
    tile: int | None

    def __str__(self) -> str:
        """Say it in words."""
        pieces = "whole frames" if self.tile is None else f"tiles of {self.tile} px"
        return f"{pieces} in windows of {self.grid.core}"


def frame_bytes(geometry: Geometry, *, px: int, scale: int, is_shipped: bool = False) -> int:
    """Foretell what the frames of windows take beside the model.

    Args:
        geometry: The windows and tiles.
        px: Pixels of a frame of the input.
        scale: How many times larger the output is.
        is_shipped: Whether windows come from another process, and their results go there.
    """
    grid = geometry.grid
    given = (_GIVEN_SHIPPED if is_shipped else _GIVEN) * (grid.core + 2 * grid.context)
    made = (_MADE_SHIPPED if is_shipped else _MADE) * grid.core * scale**2
    if geometry.tile is not None:  # tiles are joined beside what they are made of
        made += grid.core * scale**2
    return _SAMPLE_BYTES * px * (given + made)


@dataclass(frozen=True, slots=True, kw_only=True)
class Settled:
    """Windows and tiles that were settled before, or elsewhere.

    Attributes:
        geometry: What they are.
        must_fit: Whether others are settled where all memory that is free would not do for them.
    """

    geometry: Geometry
    must_fit: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Demand:
    """What has to fit, and how it may be made smaller.

    Attributes:
        footprint: What the model takes.
        width: Columns of the input, in px.
        height: Rows of the input, in px.
        scale: How many times larger the output is.
        may_tile: Whether frames may be cut into tiles.
        may_shrink: Whether windows may be smaller.
        is_shipped: Whether windows come from another process, and their results go there.
    """

    footprint: Footprint
    width: int
    height: int
    scale: int
    may_tile: bool
    may_shrink: bool
    is_shipped: bool = False

    def bytes(self, geometry: Geometry) -> int:
        """Foretell the memory of windows: one at work, and those that are kept meanwhile.

        What other processes hold of them counts.
        """
        grid = geometry.grid
        side = geometry.tile or max(self.width, self.height)
        piece_px = min(self.width, side) * min(self.height, side)
        at_work = self.footprint.bytes(piece_px, core=grid.core, context=2 * grid.context)
        px = self.width * self.height
        return at_work + frame_bytes(geometry, px=px, scale=self.scale, is_shipped=self.is_shipped)

    def choose(self, wanted: Geometry, *, limit: int) -> Geometry:
        """Give the geometry that costs least of those that fit into so many bytes.

        Where none fits it is the one that takes least.
        """
        candidates = list(self._candidates(wanted))
        fitting = [each for each in candidates if self.bytes(each) <= limit]
        if not fitting:
            return min(candidates, key=self.bytes)
        return min(fitting, key=self._cost)

    def _candidates(self, wanted: Geometry) -> Iterator[Geometry]:
        smallest = max(1, wanted.grid.blend)
        cores = [wanted.grid.core]
        while self.may_shrink and cores[-1] > smallest:
            cores.append(max(smallest, cores[-1] // 2))
        tiles = [wanted.tile]
        side = max(self.width, self.height)
        while self.may_tile and side > SMALLEST_TILE_PX:
            side = max(SMALLEST_TILE_PX, on_grid(side // 2 + OVERLAP_PX // 2))
            tiles.append(side)
        for core in cores:
            for tile in tiles:
                yield Geometry(grid=replace(wanted.grid, core=core), tile=tile)

    def _cost(self, geometry: Geometry) -> float:
        """Give the work for a frame against that without context and overlap.

        A frame of context takes one direction of two.
        """
        context = (geometry.grid.core + geometry.grid.context) / geometry.grid.core
        if geometry.tile is None:
            return context
        pieces = [len(split_axis(size, geometry.tile)) for size in (self.width, self.height)]
        sides = [min(size, geometry.tile) for size in (self.width, self.height)]
        restored_px = pieces[0] * sides[0] * pieces[1] * sides[1]
        return context * restored_px / (self.width * self.height)
