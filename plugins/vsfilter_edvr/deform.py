"""Modulated deformable convolution in plain torch.

Zhu et al., Deformable ConvNets v2: More Deformable, Better Results, CVPR 2019, equation 1. The
numbers are those of `torchvision.ops.deform_conv2d` at stride 1; there is no operator to compile.
"""

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from .bilinear import add_up, can_gather, find_corners, make_table

STRIP_VALUES = 1 << 20
"""Sampled values at once on a CPU (4 MB): what stays in its cache is done in 0.6 of the time."""
STRIP_VALUES_GPU = 1 << 26
STRIP_POSITIONS = 1 << 19
"""Sampled positions at once where pixels are read as vectors: with fewer, waking the threads costs
more; with more, memory is taken anew for each strip."""


def deform_conv2d(
    x: Tensor, offset: Tensor, mask: Tensor, weight: Tensor, bias: Tensor | None = None
) -> Tensor:
    """Convolve at stride 1 with taps that lie where the offsets say.

    Sampling is bilinear, in float32, with zeros outside; the sum over taps and channels runs in
    the type of `x`. Output and offsets have the size of `x` (padding is half the kernel).

    Args:
        x: (b, c, h, w), in any float type.
        offset: (b, groups * taps * 2, h, w), (dy, dx) of each tap in px; best in float32.
        mask: (b, groups * taps, h, w), the factor of each tap; its size sets the groups.
        weight: (out, c, kh, kw), odd kernel, in the type of `x`.
        bias: (out,), or None.

    Returns:
        (b, out, h, w) in the type of `x`, channels last in memory.
    """
    with torch.autocast(x.device.type, enabled=False):
        if can_gather(x):
            out = x.new_empty((len(x), *x.shape[-2:], len(weight)))
            for values in zip(x, offset, mask, out, strict=True):
                _gather(*values, weight)
        else:
            out = _sample_grids(x, offset, mask, weight)
        if bias is not None:
            out += bias.to(out.dtype)
    return out.permute(0, 3, 1, 2)


def _gather(x: Tensor, offset: Tensor, mask: Tensor, out: Tensor, weight: Tensor) -> None:
    """Convolve one picture, whose pixels are read as vectors, into `out` (h, w, outputs)."""
    c, h, w = x.shape
    outputs, taps = len(weight), weight.shape[2:].numel()
    groups = len(mask) // taps
    table = make_table(x, groups)
    # taps and columns of all groups, in the order of the offsets' channels
    line = torch.arange(max(taps, h, w), dtype=torch.float32)
    tap_y, tap_x = (tap.repeat(groups) for tap in _taps(line, weight.shape[2:]))
    owners = torch.arange(groups, dtype=torch.int32).repeat_interleave(taps)
    kernel = weight.to(x.dtype).view(outputs, groups, -1, taps).permute(1, 3, 2, 0)
    kernel = kernel.reshape(-1, outputs)
    offset, mask = offset.permute(1, 2, 0), mask.permute(1, 2, 0)
    rows = max(1, STRIP_POSITIONS // (groups * taps * w))
    for top in range(0, h, rows):
        here = slice(top, min(top + rows, h))
        # sixteen bits would move the samples by up to half a pixel
        moves = offset[here].float().contiguous().view(-1, w, groups * taps, 2)
        y = moves[..., 0] + (line[here].view(-1, 1, 1) + tap_y)
        x_ = moves[..., 1] + (line[:w, None] + tap_x)
        factor = mask[here].clone(memory_format=torch.contiguous_format)
        columns = add_up(table, *find_corners(y, x_, (h, w), factor=factor, groups=owners))
        columns = columns.to(x.dtype).view(-1, taps * c)  # (rows * w, taps * c)
        out[here] = (columns @ kernel).view(-1, w, outputs)


def _sample_grids(x: Tensor, offset: Tensor, mask: Tensor, weight: Tensor) -> Tensor:
    """Convolve pictures, whose channels are sampled one by one, to (b, h, w, out)."""
    b, c, h, w = x.shape
    taps = weight.shape[2] * weight.shape[3]
    groups = mask.shape[1] // taps
    factors = mask.reshape(b, groups, 1, taps, h, w)
    limit = STRIP_VALUES if x.device.type == "cpu" else STRIP_VALUES_GPU
    rows = max(1, limit // (b * c * taps * w))
    pictures = x.float().contiguous().view(b * groups, c // groups, h, w)
    kernel = weight.to(x.dtype).flatten(1).t()  # (c * taps, out)
    strips = []
    for top in range(0, h, rows):
        bottom = min(top + rows, h)
        grid = _grid(offset[:, :, top:bottom], top, (h, w), weight.shape[2:])
        sampled = F.grid_sample(pictures, grid, padding_mode="zeros", align_corners=False)
        sampled = sampled.view(b, groups, c // groups, taps, bottom - top, w)
        sampled = (sampled * factors[..., top:bottom, :]).to(x.dtype)
        columns = sampled.view(b, c * taps, (bottom - top) * w).transpose(1, 2)
        strips.append(columns @ kernel)  # (b, rows * w, out)
    return torch.cat(strips, dim=1).view(b, h, w, -1)


def _grid(offset: Tensor, top: int, size: tuple[int, int], kernel: torch.Size) -> Tensor:
    """Turn the offsets of some rows into positions for `grid_sample`.

    Args:
        offset: (b, groups * taps * 2, rows, w), in px.
        top: Number of the first row.
        size: Height and width of the sampled picture, in px.
        kernel: Height and width of the kernel.

    Returns:
        (b * groups, taps, rows * w, 2), (x, y), -1 and 1 at the outer edges of the picture.
    """
    h, w = size
    rows, taps = offset.shape[2], kernel.numel()
    offset = offset.reshape(-1, taps, 2, rows, w).float()
    line = torch.arange(max(taps, h, w), device=offset.device, dtype=torch.float32)
    tap_y, tap_x = _taps(line, kernel)
    # one pass over the offsets for each axis: all else is the same for every channel
    still_y = (2 * (tap_y.view(-1, 1, 1) + line[top : top + rows].view(-1, 1)) + 1) / h - 1
    still_x = (2 * (tap_x.view(-1, 1, 1) + line[:w]) + 1) / w - 1
    y = torch.add(still_y, offset[:, :, 0], alpha=2 / h)
    x = torch.add(still_x, offset[:, :, 1], alpha=2 / w)
    return torch.stack((x, y), dim=-1).flatten(2, 3)


def _taps(line: Tensor, kernel: torch.Size) -> tuple[Tensor, Tensor]:
    """Give the rows and columns of a kernel's taps from its middle, row by row, in px."""
    height, width = kernel
    rows = (line[:height] - height // 2).repeat_interleave(width)
    return rows, (line[:width] - width // 2).repeat(height)


class DeformConv(nn.Module):
    """A deformable convolution whose offsets and masks a convolution predicts (DCN pack).

    State-dict keys are `weight`, `bias` and `conv_offset.*`, as in BasicSR's release. The first
    two thirds of `conv_offset`'s channels are offsets, the rest the masks before the sigmoid.

    Args:
        channels: Channels of the input and the output.
        groups: Deformable groups: sets of channels with offsets of their own.
        kernel: Side of the kernel, odd, in px.
    """

    def __init__(self, channels: int, *, groups: int = 8, kernel: int = 3) -> None:
        super().__init__()
        self.weight = nn.Parameter(torch.empty(channels, channels, kernel, kernel))
        self.bias = nn.Parameter(torch.zeros(channels))
        self.conv_offset = nn.Conv2d(channels, 3 * groups * kernel**2, kernel, padding=kernel // 2)
        nn.init.kaiming_uniform_(self.weight, a=5**0.5)
        # the paper starts as an ordinary convolution at half strength (section 3.1)
        for parameter in self.conv_offset.parameters():
            nn.init.zeros_(parameter)

    def forward(self, x: Tensor, guide: Tensor) -> tuple[Tensor, Tensor]:
        """Convolve `x` where `guide` points to.

        Args:
            x: (b, c, h, w).
            guide: (b, c, h, w), from which the offsets are predicted.

        Returns:
            (b, c, h, w), and the mean absolute offset of each picture, (b,), float32, in px.
        """
        predicted = self.conv_offset(guide)
        third = predicted.shape[1] // 3
        offset, mask = predicted.split((2 * third, third), dim=1)
        out = deform_conv2d(x, offset, mask.float().sigmoid(), self.weight, self.bias)
        return out, offset.detach().abs().mean(dim=(1, 2, 3), dtype=torch.float32)
