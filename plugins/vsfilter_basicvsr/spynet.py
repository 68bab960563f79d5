"""SPyNet: optical flow from coarse to fine.

Ranjan and Black, Optical Flow Estimation using a Spatial Pyramid Network, CVPR 2017. State-dict
keys are those of BasicSR's release (`basic_module.<level>.basic_module.<layer>`). Differences
from it: any size works, as in mmagic, and the number of levels, the kernel and the widths can be
chosen, so that a light variant is the same class.
"""

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from vsfilter_edvr.layers import convolve

from .warp import warp

FLOW_BATCH_PX = 1 << 20
"""Pixels of the pictures whose flows are estimated together: the full SPyNet needs 1 kB each."""
IMAGENET_MEAN = (0.485, 0.456, 0.406)
IMAGENET_STD = (0.229, 0.224, 0.225)


class FlowLevel(nn.Module):
    """The network of one pyramid level: five convolutions that refine a flow (section 3)."""

    def __init__(self, widths: tuple[int, ...] = (32, 64, 32, 16), kernel: int = 7) -> None:
        super().__init__()
        layers: list[nn.Module] = []
        channels = 8  # first picture, warped second picture, flow
        for width in widths:
            layers += [nn.Conv2d(channels, width, kernel, padding=kernel // 2), nn.ReLU()]
            channels = width
        layers.append(nn.Conv2d(channels, 2, kernel, padding=kernel // 2))
        self.basic_module = nn.Sequential(*layers)

    def forward(self, x: Tensor) -> Tensor:
        """Map (b, 8, h, w) to a flow residual (b, 2, h, w) in the type of the weights."""
        *hidden, last = self.basic_module[::2]
        x = x.to(next(last.parameters()).dtype)
        for layer in hidden:
            x = convolve(layer, x, slope=0)
        flow: Tensor = last(x)
        return flow


class SpyNet(nn.Module):
    """Estimate the flow from one picture to another.

    Args:
        levels: Pyramid levels; the coarsest one works at 1 / 2 ** (levels - 1 + finest).
        widths: Channels of the hidden layers of each level.
        kernel: Side of the convolutions, odd, in px.
        finest: Halvings at the finest level: 0 works at full size as the paper does, 1 stops
            at half size, which costs a quarter.
    """

    mean: Tensor
    std: Tensor

    def __init__(
        self,
        *,
        levels: int = 6,
        widths: tuple[int, ...] = (32, 64, 32, 16),
        kernel: int = 7,
        finest: int = 0,
    ) -> None:
        super().__init__()
        self.finest = finest
        self.basic_module = nn.ModuleList(FlowLevel(widths, kernel) for _ in range(levels))
        self.register_buffer("mean", torch.tensor(IMAGENET_MEAN).view(1, 3, 1, 1))
        self.register_buffer("std", torch.tensor(IMAGENET_STD).view(1, 3, 1, 1))

    def forward(self, first: Tensor, second: Tensor) -> Tensor:
        """Estimate where each pixel of `first` lies in `second`.

        Args:
            first: (b, 3, h, w), RGB in [0, 1].
            second: The same shape.

        Returns:
            (b, 2, h, w), float32, (dx, dy) in px.
        """
        h, w = first.shape[-2:]
        flow = self.refine(first, second)[-1]
        shrink = 2**self.finest
        dx, dy = _resize(flow, (h, w)).unbind(1)
        # by numbers: a tensor of the two would have to wait for its way to a GPU
        return torch.stack(
            (dx * (shrink * w / self._size(w)), dy * (shrink * h / self._size(h))), 1
        )

    def refine(self, first: Tensor, second: Tensor) -> list[Tensor]:
        """Estimate it level by level, which is how it is trained (section 3.2).

        Args:
            first: As in `forward`.
            second: As in `forward`.

        Returns:
            From coarse to fine, each (b, 2, h', w') of its level, float32, (dx, dy) in px of it.
        """
        size = (self._size(first.shape[-2]), self._size(first.shape[-1]))
        pyramids = (self._pyramid(first, size), self._pyramid(second, size))
        flow = torch.zeros_like(pyramids[0][0][:, :2])  # the sum stays in float32
        flows: list[Tensor] = []
        for level, (near, far) in enumerate(zip(*pyramids, strict=True)):
            if level > 0:
                flow = 2 * _resize(flow, near.shape[-2:], align_corners=True)
            warped = warp(far, flow, padding="border")
            known = torch.cat((near, warped, flow), dim=1)
            residual = self.basic_module[level](known)
            flow = flow + residual.float()
            flows.append(flow)
        return flows

    def _size(self, side: int) -> int:
        """Give the next length that can be halved at all levels, in px."""
        multiple = 1 << (len(self.basic_module) - 1 + self.finest)
        return -(-side // multiple) * multiple

    def _pyramid(self, x: Tensor, size: tuple[int, int]) -> list[Tensor]:
        """Normalise, resize and halve a picture; the coarsest level comes first."""
        x = _resize((x - self.mean) / self.std, size)
        for _ in range(self.finest):
            x = F.avg_pool2d(x, 2)
        pictures = [x]
        for _ in range(len(self.basic_module) - 1):
            pictures.append(F.avg_pool2d(pictures[-1], 2))
        return pictures[::-1]


def estimate_flows(network: nn.Module, first: Tensor, second: Tensor) -> Tensor:
    """Estimate the flows of all pairs of two clips, many at once.

    Args:
        network: A flow network such as `SpyNet`.
        first: (b, pairs, 3, h, w), RGB in [0, 1].
        second: The same shape.

    Returns:
        (b, pairs, 2, h, w), float32, (dx, dy) in px.
    """
    b, t, _, h, w = first.shape
    if t == 0:
        return first.new_empty((b, 0, 2, h, w))
    pairs = max(1, FLOW_BATCH_PX // (h * w))
    first, second = first.flatten(0, 1), second.flatten(0, 1)
    parts = zip(torch.split(first, pairs), torch.split(second, pairs), strict=True)
    return torch.cat([network(near, far) for near, far in parts]).view(b, t, 2, h, w)


def _resize(
    x: Tensor, size: tuple[int, int] | torch.Size, *, align_corners: bool = False
) -> Tensor:
    return F.interpolate(x, size=size, mode="bilinear", align_corners=align_corners)
