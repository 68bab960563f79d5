"""Backward warping of a picture or of features along a flow."""

import torch
import torch.nn.functional as F
from torch import Tensor

from vsfilter_edvr.bilinear import add_up, can_gather, find_corners, make_table

LEAST_VECTOR = 24
"""Channels from which pixels are read as vectors: the three of a picture are not worth it."""
STRIP_VALUES = 1 << 19
"""Sampled values at once on a CPU (2 MB): what stays in its cache is rounded in less time."""


def warp(x: Tensor, flow: Tensor, *, padding: str = "zeros") -> Tensor:
    """Sample `x` where the flow points to, bilinearly, in float32.

    Args:
        x: (b, c, h, w) in any float type.
        flow: (b, 2, h, w), float32, (dx, dy) in px.
        padding: What lies outside: "zeros" (features) or "border" (pictures).

    Returns:
        (b, c, h, w) in the type of `x`.
    """
    if padding == "zeros" and x.shape[1] >= LEAST_VECTOR and can_gather(x):
        warped = torch.empty_like(x, memory_format=torch.channels_last)
        for values in zip(x, flow, warped, strict=True):
            _gather(*values)
        return warped
    h, w = flow.shape[-2:]
    columns = torch.arange(w, device=flow.device, dtype=torch.float32)
    rows = torch.arange(h, device=flow.device, dtype=torch.float32)
    # grid_sample wants -1 and 1 at the outer edges of the picture
    grid_x = (2 * (columns + flow[:, 0].float()) + 1) / w - 1
    grid_y = (2 * (rows[:, None] + flow[:, 1].float()) + 1) / h - 1
    grid = torch.stack((grid_x, grid_y), dim=-1)  # (b, h, w, 2)
    # positions lose up to half a pixel in 16 bit, so sampling is in float32, under autocast too
    sampled = F.grid_sample(
        x.float(), grid, mode="bilinear", padding_mode=padding, align_corners=False
    )
    # on a GPU a position that is no number reads zeros, which would hide a flow that overflowed
    sampled += 0 * flow.sum(1, keepdim=True)
    return sampled.to(x.dtype)


def _gather(x: Tensor, flow: Tensor, warped: Tensor) -> None:
    """Sample features (c, h, w), whose pixels are read as vectors, into `warped`."""
    c, h, w = x.shape
    table = make_table(x)
    line = torch.arange(max(h, w), dtype=torch.float32)
    rows = max(1, STRIP_VALUES // (c * w))
    for top in range(0, h, rows):
        here = slice(top, min(top + rows, h))
        x_, y = line[:w] + flow[0, here].float(), line[here, None] + flow[1, here].float()
        sampled = add_up(table, *find_corners(y, x_, (h, w))).view(-1, w, c)
        warped[:, here] = sampled.permute(2, 0, 1)
