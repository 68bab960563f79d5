"""Losses."""

from collections.abc import Sequence
from typing import Protocol, runtime_checkable

import torch
import torch.nn.functional as F
from torch import Tensor

AREA_PX = 16
"""Side of the areas whose colours are to stay, in px of the input: noise and blocks are smaller."""

BANDS_PX = (3, 7)
"""Fine detail is what means of so many px of the output wipe out; from fine to coarse."""
DETAIL_PX = 16
"""Side of the areas in which detail has a strength, in px of the output; they overlap by half."""


@runtime_checkable
class CoarseToFine(Protocol):
    """A flow network that refines its estimate level by level, as SPyNet does."""

    def refine(self, first: Tensor, second: Tensor) -> list[Tensor]:
        """Give the flow from (b, 3, h, w) to (b, 3, h, w) at all levels; see `flow_error`."""


@runtime_checkable
class Cleaning(Protocol):
    """A network in two stages: it cleans its input, then restores what it has cleaned."""

    def clean(self, clips: Tensor) -> Tensor:
        """Map (b, t, 3, h, w) to the same shape."""

    def restore_cleaned(self, cleaned: Tensor) -> Tensor:
        """Map cleaned clips (b, t, 3, h, w) to (b, t, 3, scale * h, scale * w)."""


def charbonnier(output: Tensor, target: Tensor, *, epsilon: float = 1e-12) -> Tensor:
    """Compute the mean Charbonnier loss: a differentiable form of the absolute error.

    Charbonnier et al., 1994; `epsilon` is added inside the root, as in BasicSR.

    Args:
        output: Any shape.
        target: The same shape.
        epsilon: Rounds off the corner at zero.
    """
    loss: Tensor = torch.sqrt((output - target) ** 2 + epsilon).mean()
    return loss


def flow_error(flows: Sequence[Tensor], truth: Tensor) -> Tensor:
    """Compute how far estimates of a flow are from the true one: the end-point error.

    Args:
        flows: From coarse to fine, each (b, 2, h', w') in px of its own level.
        truth: (b, 2, h, w), (dx, dy) in px.

    Returns:
        The sum over levels of the mean distance, each in px of its level, so that all count.
    """
    loss = truth.new_zeros(())
    for flow in flows:
        size = flow.shape[-2:]
        factors = truth.new_tensor((size[1] / truth.shape[-1], size[0] / truth.shape[-2]))
        wanted = F.interpolate(truth, size=size, mode="area") * factors.view(1, 2, 1, 1)
        loss = loss + torch.sqrt(((flow - wanted) ** 2).sum(1) + 1e-4).mean()
    return loss


def cleaning_error(cleaned: Tensor, target: Tensor) -> Tensor:
    """Compute how far the cleaned input is from the ground truth made small by area.

    Chan et al., Investigating Tradeoffs in Real-World Video Super-Resolution, CVPR 2022,
    equation 3, as the mean absolute error of the official training.

    Args:
        cleaned: (b, t, 3, h, w).
        target: (b, t, 3, scale * h, scale * w).
    """
    return F.l1_loss(cleaned, shrunk(target, cleaned))


def colour_shift(restored: Tensor, low: Tensor) -> Tensor:
    """Compute how far the mean colours of areas have moved from those of the input.

    What damages video, such as noise that is cut off at black, moves them too, and a network that
    learns from it to move them back does so in clips that are dark by themselves.

    Args:
        restored: (b, t, 3, scale * h, scale * w).
        low: (b, t, 3, h, w).
    """
    scale = restored.shape[-1] // low.shape[-1]
    side = min(AREA_PX, *low.shape[-2:])
    wanted = F.avg_pool2d(low.flatten(0, 1), side)
    return F.l1_loss(F.avg_pool2d(restored.flatten(0, 1), side * scale), wanted)


def missing_detail(restored: Tensor, target: Tensor) -> Tensor:
    """Compute how much of the fine detail of the ground truth is missing, area by area.

    A distance between pictures is smallest at the mean of all pictures that may be meant, in which
    detail is weaker than in each of them: where half of it is certain, by half. This counts what is
    missing of the part that points the same way, so that it is drawn as strong as it is, and
    rewards nothing else: a pattern that is not there has no share in it.

    Args:
        restored: (b, t, 3, h, w).
        target: The same shape.

    Returns:
        The mean over areas and bands, in units of the pixels; 0 for the ground truth.
    """
    side = min(DETAIL_PX, *restored.shape[-2:])
    there = _bands(target)
    strength, alike = (
        F.avg_pool2d(band * there, side, max(1, side // 2)) for band in (there, _bands(restored))
    )
    missing: Tensor = (F.relu(strength - alike) / torch.sqrt(strength + 1e-6)).mean()
    return missing


def _bands(clips: Tensor) -> Tensor:
    """Divide the luma of clips (b, t, 3, h, w) into (b * t, bands, h, w), from fine to coarse."""
    weights = clips.new_tensor((0.299, 0.587, 0.114)).view(3, 1, 1)
    rest = (clips.flatten(0, 1) * weights).sum(1, keepdim=True)
    bands = []
    for size in BANDS_PX:
        mean = F.avg_pool2d(rest, size, 1, size // 2, count_include_pad=False)
        bands.append(rest - mean)
        rest = mean
    return torch.cat(bands, 1)


def shrunk(clips: Tensor, like: Tensor) -> Tensor:
    """Make clips (b, t, 3, scale * h, scale * w) as small as others (b, t, 3, h, w), by area."""
    small = F.interpolate(clips.flatten(0, 1), size=like.shape[-2:], mode="area")
    return small.view_as(like)
