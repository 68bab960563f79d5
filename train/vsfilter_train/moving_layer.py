"""A layer of pictures in motion: what it shows, how much it covers and how it moves."""

from __future__ import annotations

import math
from dataclasses import dataclass

import torch
import torch.nn.functional as F
from torch import Generator, Tensor

SPEEDS_PX = (0.02, 6.0)
"""In px of the input a frame; their logarithm is what is drawn evenly."""
BEND = 0.012
"""Standard deviation of what turns, zooms and shears a layer from one frame to the next."""
WAVES = 4
"""Harmonics of the outline of a cut-out."""


@dataclass(frozen=True, slots=True, kw_only=True)
class MovingLayer:
    """What lies at one depth of n pictures; lengths are in px of these, points are (x, y).

    A layer has a plane of its own, whose origin is its middle.

    Attributes:
        middle: (n, 1, 1, 2), where its middle lies halfway between the frames.
        speed: (n, 1, 1, 2), how far that moves from the first frame to the second.
        bend: (n, 2, 2), by how much its linear map changes from the first frame to the second.
        source: (n, 1, 1, 2), the point of the still picture that is shown at its middle.
        turn: (n, 2, 2), the rotation of the still picture.
        radius: (n, 1, 1), of its outline: all is inside an infinite one, nothing inside a negative.
        waves: (n, 1, 1, WAVES), amplitudes of the outline over the radius.
        phases: (n, 1, 1, WAVES), in radians.
    """

    middle: Tensor
    speed: Tensor
    bend: Tensor
    source: Tensor
    turn: Tensor
    radius: Tensor
    waves: Tensor
    phases: Tensor

    def to(self, device: torch.device) -> MovingLayer:
        """Give it on a device."""
        return MovingLayer(**{name: getattr(self, name).to(device) for name in self.__slots__})

    def own(self, points: Tensor, time: float) -> Tensor:
        """Map points of a frame (h, w, 2) to the layer's plane (n, h, w, 2)."""
        linear = torch.linalg.inv(self._linear(time))
        return _apply(linear, points - self.middle - time * self.speed)

    def placed(self, own: Tensor, time: float) -> Tensor:
        """Map points of its plane to a frame; all are (n, h, w, 2)."""
        return _apply(self._linear(time), own) + self.middle + time * self.speed

    def shown(self, stills: Tensor, own: Tensor) -> Tensor:
        """Look up what it shows at points of its plane (n, h, w, 2), (n, 3, h, w)."""
        h, w = stills.shape[-2:]
        at = (_apply(self.turn, own) + self.source) / own.new_tensor((w, h)) * 2 - 1
        return F.grid_sample(
            stills, at, mode="bicubic", padding_mode="reflection", align_corners=False
        )

    def cover(self, own: Tensor) -> Tensor:
        """Tell how far it covers points of its plane (n, h, w, 2): (n, h, w) in [0, 1]."""
        angle = torch.atan2(own[..., 1], own[..., 0]).unsqueeze(-1)
        harmonics = torch.arange(1, WAVES + 1, device=own.device)
        outline = 1 + (self.waves * torch.sin(harmonics * angle + self.phases)).sum(-1)
        inside: Tensor = self.radius * outline - own.norm(dim=-1)
        return (inside + 0.5).clamp(0, 1)  # its edge is 1 px wide

    def _linear(self, time: float) -> Tensor:
        return torch.eye(2, device=self.bend.device) + time * self.bend


def any_ground(random: Generator, n: int, size: tuple[int, int], scale: int) -> MovingLayer:
    """Draw the layer behind all others: the pictures as they are, moved a little."""
    middle = torch.tensor(size).expand(n, 1, 1, 2) / 2
    return MovingLayer(
        middle=middle,
        speed=_any_speed(random, n, scale),
        bend=BEND * torch.randn(n, 2, 2, generator=random),
        source=middle,
        turn=torch.eye(2).expand(n, 2, 2),
        radius=torch.full((n, 1, 1), math.inf),
        waves=torch.zeros(n, 1, 1, WAVES),
        phases=torch.zeros(n, 1, 1, WAVES),
    )


def any_cut_out(
    random: Generator, ground: MovingLayer, size: tuple[int, int], scale: int
) -> MovingLayer:
    """Draw a cut-out, of another place of the pictures; it is missing in a part of them."""

    def draw(*shape: int) -> Tensor:
        return torch.rand(len(ground.speed), *shape, generator=random)

    n, extent = len(ground.speed), torch.tensor(size)
    # most of what is seen moves along with the camera
    speed = _any_speed(random, n, scale) + ground.speed * (draw(1, 1, 1) < 0.7)
    angle = 2 * math.pi * draw()
    radius = (0.08 + 0.27 * draw(1, 1)) * min(size)
    return MovingLayer(
        middle=extent * draw(1, 1, 2),
        speed=speed,
        bend=BEND * torch.randn(n, 2, 2, generator=random),
        source=extent * draw(1, 1, 2),
        turn=torch.stack([angle.cos(), -angle.sin(), angle.sin(), angle.cos()], -1).view(n, 2, 2),
        radius=torch.where(draw(1, 1) < 0.7, radius, -1),
        waves=0.5 * draw(1, 1, WAVES) / torch.arange(1, WAVES + 1),
        phases=2 * math.pi * draw(1, 1, WAVES),
    )


def _any_speed(random: Generator, n: int, scale: int) -> Tensor:
    """Draw motions in all directions, (n, 1, 1, 2), in px of the ground truth."""
    low, high = map(math.log, SPEEDS_PX)
    pace = scale * torch.exp(low + (high - low) * torch.rand(n, 1, 1, generator=random))
    way = 2 * math.pi * torch.rand(n, 1, 1, generator=random)
    return torch.stack([pace * way.cos(), pace * way.sin()], -1)


def _apply(linear: Tensor, points: Tensor) -> Tensor:
    """Map points (n, h, w, 2) by matrices (n, 2, 2)."""
    return torch.einsum("nij,nhwj->nhwi", linear, points)
