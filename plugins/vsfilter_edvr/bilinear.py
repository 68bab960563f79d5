"""Bilinear sampling of whole feature vectors between the pixels, without gradients.

`grid_sample` reads every channel's plane by itself. Here a picture is a table with one row for each
pixel, and a position is a bag of four rows with the shares that they have: torch's embedding bag
reads rows as a whole, adds them up in one pass, and takes a factor for nothing
(docs/performance.md tells how much faster that is).
"""

import platform
from collections.abc import Sequence

import torch
import torch.nn.functional as F
from torch import Tensor

HAS_FAST_BAGS = platform.machine().lower() in ("x86_64", "amd64")
"""Elsewhere torch adds bags up without vector instructions."""
BORDER = 3
"""Zeros around a table, in px of each axis: one before the picture and two behind it."""


def can_gather(x: Tensor) -> bool:
    """Tell whether this module is the faster way to sample `x`, and one that works for it."""
    return HAS_FAST_BAGS and x.device.type == "cpu" and not torch.is_grad_enabled()


def make_table(picture: Tensor, groups: int = 1) -> Tensor:
    """Lay a picture (c, h, w) out as rows of c / groups values in float32, with zeros around it.

    Returns:
        ((h + 3) * (w + 3) * groups, c / groups): the groups of a pixel follow each other.
    """
    c = picture.shape[0]
    bordered = F.pad(picture.permute(1, 2, 0), (0, 0, 1, BORDER - 1, 1, BORDER - 1))
    return bordered.float().view(-1, c // groups)


def find_corners(
    y: Tensor,
    x: Tensor,
    size: tuple[int, int],
    *,
    factor: Tensor | None = None,
    groups: Tensor | None = None,
) -> tuple[Tensor, Tensor]:
    """Find the four pixels around positions, and their shares.

    Args:
        y: Rows, in px, float32, of any shape; spoilt. Zeros lie beyond -1 and h.
        x: Columns, the same.
        size: Height and width of the picture, in px.
        factor: What the shares are multiplied by, in the shape of `y`; spoilt.
        groups: Which group of its pixel each position wants, int32, (groups * n,), in the order
            of the last axis of `y`, n for each group; None in a table of one group.

    Returns:
        Rows of the table, int32, and their shares, float32, (*shape, 4) each.
    """
    (h, w), stride = size, size[1] + BORDER
    top, left = y.clamp_(-1, h).floor(), x.clamp_(-1, w).floor()
    down, right = y.sub_(top), x.sub_(left)
    first = top.int().add_(1).mul_(stride).add_(left.int()).add_(1)
    # what is no number at all stays that in the shares, and must not lead out of the table
    first.clamp_(0, (h + 1) * stride + w + 1)
    count = 1
    if groups is not None:
        count = int(groups[-1]) + 1
        first.mul_(count).add_(groups)
    below = first + count * stride
    low = down if factor is None else down.mul_(factor)
    high = 1 - low if factor is None else factor.sub_(low)
    high_right, low_right = high * right, low * right
    shares = (high.sub_(high_right), high_right, low.sub_(low_right), low_right)
    rows = [row.view(torch.float32) for row in (first, first + count, below, below + count)]
    return _interleave(rows).view(torch.int32), _interleave(shares)


def _interleave(parts: Sequence[Tensor]) -> Tensor:
    """Stack four float32 tensors along a new last axis: a third of the time of `torch.stack`."""
    pairs = [
        torch.view_as_real(torch.complex(*pair)).view(torch.float64).squeeze(-1)
        for pair in (parts[:2], parts[2:])
    ]
    return torch.view_as_real(torch.complex(*pairs)).view(torch.float32)


def add_up(table: Tensor, rows: Tensor, shares: Tensor) -> Tensor:
    """Add up bags of rows: (..., 4) numbers and shares to (number of bags, values of a row)."""
    return F.embedding_bag(
        rows.reshape(-1, 4), table, mode="sum", per_sample_weights=shares.reshape(-1, 4)
    )
