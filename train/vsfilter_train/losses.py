"""Losses."""

from typing import Protocol, runtime_checkable

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from vsfilter_basicvsr.warp import warp


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


def photometric(flow_model: nn.Module, clips: Tensor, *, smoothness: float = 0.005) -> Tensor:
    """Compute how badly a flow network explains each frame by its neighbours.

    This trains a flow without ground truth: Yu et al., Back to Basics: Unsupervised Learning of
    Optical Flow via Brightness Constancy and Motion Smoothness, 2016.

    Args:
        flow_model: Maps two pictures (b, 3, h, w) to a flow (b, 2, h, w) in px.
        clips: (b, t, 3, h, w), RGB in [0, 1].
        smoothness: Weight of the flow's own gradients.
    """
    first = torch.cat((clips[:, :-1], clips[:, 1:])).flatten(0, 1)
    second = torch.cat((clips[:, 1:], clips[:, :-1])).flatten(0, 1)
    flow = flow_model(first, second)
    h, w = flow.shape[-2:]
    columns = torch.arange(w, device=flow.device) + flow[:, 0]
    rows = torch.arange(h, device=flow.device)[:, None] + flow[:, 1]
    # what moves out of the picture cannot be explained, so it does not count
    inside = ((columns >= 0) & (columns <= w - 1) & (rows >= 0) & (rows <= h - 1)).unsqueeze(1)
    difference = torch.sqrt((warp(second, flow, padding="border") - first) ** 2 + 1e-6)
    roughness = flow.diff(dim=-1).abs().mean() + flow.diff(dim=-2).abs().mean()
    loss: Tensor = (difference * inside).mean() + smoothness * roughness
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


def shrunk(clips: Tensor, like: Tensor) -> Tensor:
    """Make clips (b, t, 3, scale * h, scale * w) as small as others (b, t, 3, h, w), by area."""
    small = F.interpolate(clips.flatten(0, 1), size=like.shape[-2:], mode="area")
    return small.view_as(like)
