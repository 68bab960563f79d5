"""Turning frames upright, as a player shows them; no sample changes."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from vsfilter.frame import Colour, PixelFormat

if TYPE_CHECKING:
    from vsfilter.clip import ClipInfo
    from vsfilter.frame import Plane

_SITES = {0: (-1, 0), 1: (0, 0), 2: (-1, -1), 3: (0, -1), 4: (-1, 1), 5: (0, 1)}
"""Where chroma lies beside the middle of its luma, to the right and downwards, by H.273's code."""
_CODES = {site: code for code, site in _SITES.items()}


def upright_info(info: ClipInfo) -> ClipInfo:
    """Give what holds for the frames of a clip that were turned."""
    turned = replace(info, rotation=0, is_flipped=False)
    if info.rotation in (0, 180):
        return turned
    return replace(
        turned,
        width=info.height,
        height=info.width,
        format=_transposed(info.format),
        sample_aspect_ratio=1 / info.sample_aspect_ratio,
    )


def settled_colour(colour: Colour, info: ClipInfo) -> Colour:
    """Give the colour of frames before a turn that exchanges their sides.

    What is not stated follows from the size, as players do it: from that which the file has. Where
    the turned one says the same, it stays open.
    """
    if info.rotation in (0, 180) or info.format.family == "rgb":
        return colour
    lying = colour.resolved(info.format, width=info.width, height=info.height)
    standing = colour.resolved(info.format, width=info.height, height=info.width)
    return colour if lying == standing else lying


def upright_plane(plane: Plane, info: ClipInfo) -> Plane:
    """View a plane (rows, columns) upright: mirrored first, then turned, as the file states."""
    mirrored = plane[:, ::-1] if info.is_flipped else plane
    return np.rot90(mirrored, info.rotation // 90)


def upright_colour(colour: Colour, info: ClipInfo) -> Colour:
    """Give the colour of a turned frame: chroma sites turn with it.

    What is not stated is at the left, before. H.273 has no code for sites at the right: for them
    stands the nearest one, in the middle.
    """
    colour = settled_colour(colour, info)
    is_subsampled = info.format.subsampling_w or info.format.subsampling_h
    if not is_subsampled or (info.rotation == 0 and not info.is_flipped):
        return colour
    right, down = _SITES[colour.chroma_location or 0]
    if info.is_flipped:
        right = -right
    for _ in range(info.rotation // 90):
        right, down = down, -right
    return replace(colour, chroma_location=_CODES[min(right, 0), down])


def _transposed(format: PixelFormat) -> PixelFormat:
    return replace(format, subsampling_w=format.subsampling_h, subsampling_h=format.subsampling_w)
