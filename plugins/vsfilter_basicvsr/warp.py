"""Backward warping of a picture or of features along a flow."""

import torch
import torch.nn.functional as F
from torch import Tensor


def warp(x: Tensor, flow: Tensor, *, padding: str = "zeros") -> Tensor:
    """Sample `x` where the flow points to, bilinearly, in float32.

    Args:
        x: (b, c, h, w) in any float type.
        flow: (b, 2, h, w), float32, (dx, dy) in px.
        padding: What lies outside: "zeros" (features) or "border" (pictures).

    Returns:
        (b, c, h, w) in the type of `x`.
    """
    h, w = flow.shape[-2:]
    columns = torch.arange(w, device=flow.device, dtype=torch.float32)
    rows = torch.arange(h, device=flow.device, dtype=torch.float32)
    # grid_sample wants [-1, 1] from the centre of the first sample to the centre of the last
    grid_x = (columns + flow[:, 0].float()) * (2 / max(w - 1, 1)) - 1
    grid_y = (rows[:, None] + flow[:, 1].float()) * (2 / max(h - 1, 1)) - 1
    grid = torch.stack((grid_x, grid_y), dim=-1)  # (b, h, w, 2)
    # positions lose up to half a pixel in 16 bit, so sampling is in float32, under autocast too
    sampled = F.grid_sample(
        x.float(), grid, mode="bilinear", padding_mode=padding, align_corners=True
    )
    return sampled.to(x.dtype)
