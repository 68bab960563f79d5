"""Pictures in motion whose flow is known: what the flow of a network learns from.

A still picture lies behind cut-outs of itself, and each of these layers moves by an affine map of
its own, after the Flying Chairs of Dosovitskiy et al., FlowNet, ICCV 2015, section 4. They move at
the size of the ground truth and are made small afterwards, as the input of the network is, so that
the flow is exact to a small part of a pixel.
"""

from __future__ import annotations

from dataclasses import dataclass

import torch
import torch.nn.functional as F
from torch import Generator, Tensor

from .moving_layer import MovingLayer, any_cut_out, any_ground

CUT_OUTS = 2
"""Most cut-outs before a picture."""
NOISE = 3 / 255
"""Most noise of a picture, as a standard deviation: grain does not move along."""


@dataclass(frozen=True, slots=True, kw_only=True)
class MovedPictures:
    """Pairs of pictures with the flow between them.

    Attributes:
        first: (n, 3, h, w), RGB in [0, 1].
        second: The same shape.
        flow: (n, 2, h, w), (dx, dy) in px: where each pixel of `first` lies in `second`, also
            where another layer hides it there.
    """

    first: Tensor
    second: Tensor
    flow: Tensor


def move(stills: Tensor, *, scale: int, seed: int) -> MovedPictures:
    """Move pictures, forwards and backwards.

    Args:
        stills: (n, 3, scale * h, scale * w), RGB in [0, 1].
        scale: Their size over that of the input.
        seed: A whole number from 0 that chance goes by.

    Returns:
        2 * n pairs: all of them in one order, then all in the other.
    """
    random = Generator().manual_seed(seed)
    n, _, h, w = stills.shape
    layers = [any_ground(random, n, (w, h), scale)]
    layers += [any_cut_out(random, layers[0], (w, h), scale) for _ in range(CUT_OUTS)]
    layers = [layer.to(stills.device) for layer in layers]
    grid, small = (_points(w, h, step, stills.device) for step in (1, scale))
    frames = torch.cat([_render(stills, layers, grid, time) for time in (-0.5, 0.5)])
    size = (h // scale, w // scale)
    low = F.interpolate(frames, size=size, mode="bicubic", antialias=scale > 1)
    strength = NOISE * torch.rand(2 * n, 1, 1, 1, generator=random)
    noise = strength * torch.randn(low.shape, generator=random)
    low = (low + noise.to(low.device)).clamp(0, 1)
    flow = torch.cat([_flow(layers, small, time) for time in (-0.5, 0.5)]) / scale
    return MovedPictures(first=low, second=low.roll(n, 0), flow=flow)


def _render(stills: Tensor, layers: list[MovingLayer], grid: Tensor, time: float) -> Tensor:
    """Draw a frame of all pictures, (n, 3, h, w), at -1/2 or 1/2: the first or the second."""
    frame = layers[0].shown(stills, layers[0].own(grid, time))
    for layer in layers[1:]:
        own = layer.own(grid, time)
        frame = frame.lerp(layer.shown(stills, own), layer.cover(own).unsqueeze(1))
    return frame.clamp(0, 1)


def _flow(layers: list[MovingLayer], points: Tensor, time: float) -> Tensor:
    """Compute the flow (n, 2, h, w) at points (h, w, 2) of the frame at a time to the other one."""
    own = layers[0].own(points, time)
    there = layers[0].placed(own, -time)
    for layer in layers[1:]:
        own = layer.own(points, time)
        is_seen = (layer.cover(own) > 0.5).unsqueeze(-1)
        there = torch.where(is_seen, layer.placed(own, -time), there)
    return (there - points).permute(0, 3, 1, 2)


def _points(w: int, h: int, step: int, device: torch.device) -> Tensor:
    """List the middles of squares of `step` px, as (h // step, w // step, 2)."""
    rows, columns = ((torch.arange(n // step, device=device) + 0.5) * step for n in (h, w))
    y, x = torch.meshgrid(rows, columns, indexing="ij")
    return torch.stack([x, y], -1)
