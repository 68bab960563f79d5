"""Trio: each frame is doubled in size with the help of the frame before and the frame after it.

The motion to both neighbours is estimated, the neighbours are laid over the frame along it, and a
few residual blocks make a residual on top of bicubic interpolation of the three together: Caballero
et al., Real-Time Video Super-Resolution with Spatio-Temporal Networks and Motion Compensation, CVPR
2017, with another flow.
"""

import torch
import torch.nn.functional as F
from torch import Tensor, nn


def warp(picture: Tensor, flow: Tensor) -> Tensor:
    """Fetch each pixel of a picture (b, c, h, w) from where a flow (b, 2, h, w), in px, points."""
    h, w = picture.shape[-2:]
    x = torch.arange(w, device=flow.device) + flow[:, 0]
    y = torch.arange(h, device=flow.device).unsqueeze(1) + flow[:, 1]
    grid = torch.stack((2 * x / max(w - 1, 1) - 1, 2 * y / max(h - 1, 1) - 1), dim=-1)
    return F.grid_sample(picture, grid, padding_mode="border", align_corners=True)


class Flow(nn.Module):
    """Optical flow from coarse to fine (Ranjan and Black, CVPR 2017), one network for all levels.

    Args:
        levels: Levels of the pyramid, each half as large as the one before.
        width: Channels of the network.
    """

    def __init__(self, *, levels: int = 5, width: int = 24) -> None:
        super().__init__()
        self.levels = levels
        self.refine = nn.Sequential(
            nn.Conv2d(8, width, 3, padding=1),  # both pictures and the flow so far
            nn.ReLU(),
            nn.Conv2d(width, width, 3, padding=1),
            nn.ReLU(),
            nn.Conv2d(width, width, 3, padding=1),
            nn.ReLU(),
            nn.Conv2d(width, 2, 3, padding=1),
        )

    def forward(self, first: Tensor, second: Tensor) -> Tensor:
        """Estimate where each pixel of `first` lies in `second`.

        Args:
            first: (b, 3, h, w), RGB in [0, 1].
            second: The same shape.

        Returns:
            (b, 2, h, w), float32, (dx, dy) in px.
        """
        pyramid = [(first, second)]
        for _ in range(self.levels - 1):
            first, second = (F.avg_pool2d(x, 2, ceil_mode=True) for x in (first, second))
            pyramid.append((first, second))
        flow = torch.zeros_like(first[:, :2])
        for near, far in reversed(pyramid):
            flow = 2 * F.interpolate(flow, size=near.shape[-2:], mode="bilinear")
            known = torch.cat((near, warp(far, flow), flow), dim=1)
            flow = flow + self.refine(known).float()
        return flow


class ResidualBlock(nn.Module):
    """Two convolutions and a shortcut."""

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.first = nn.Conv2d(channels, channels, 3, padding=1)
        self.second = nn.Conv2d(channels, channels, 3, padding=1)

    def forward(self, x: Tensor) -> Tensor:
        """Map (b, c, h, w) to the same shape."""
        y: Tensor = self.second(F.relu(self.first(x)))
        return x + y


class Trio(nn.Module):
    """The network.

    Args:
        channels: Channels of the features.
        blocks: Number of residual blocks.
    """

    scale = 2

    def __init__(self, *, channels: int = 32, blocks: int = 4) -> None:
        super().__init__()
        self.spynet = Flow()  # `vsr train` knows the flow by this name
        self.body = nn.Sequential(
            nn.Conv2d(3 * 3, channels, 3, padding=1),
            nn.ReLU(),
            *(ResidualBlock(channels) for _ in range(blocks)),
            nn.Conv2d(channels, 3 * self.scale**2, 3, padding=1),
        )

    def forward(self, clips: Tensor, keep: slice = slice(None)) -> Tensor:
        """Restore clips.

        Args:
            clips: (b, t, 3, h, w), float32, RGB in [0, 1]; any t, h, w >= 1.
            keep: The frames whose output is wanted.

        Returns:
            (b, kept frames, 3, 2 * h, 2 * w), float32.
        """
        b, t, _, h, w = clips.shape
        frames = clips.unbind(1)
        pictures = [
            # beyond the ends stand the first and the last frame themselves
            self._restore(frames[max(n - 1, 0)], frames[n], frames[min(n + 1, t - 1)])
            for n in range(t)[keep]
        ]
        if not pictures:
            return clips.new_empty((b, 0, 3, self.scale * h, self.scale * w))
        return torch.stack(pictures, dim=1)

    def _restore(self, before: Tensor, here: Tensor, after: Tensor) -> Tensor:
        """Restore the middle one of three frames: (b, 3, h, w) to (b, 3, 2 * h, 2 * w)."""
        aligned = [warp(there, self.spynet(here, there)) for there in (before, after)]
        three = torch.cat((here, *aligned), dim=1)
        dtype = next(self.body.parameters()).dtype  # the flow and the sum stay in float32
        residual = self.body(three.to(dtype))  # (b, 12, h, w)
        base = F.interpolate(here, scale_factor=self.scale, mode="bicubic")
        return base + F.pixel_shuffle(residual, self.scale).float()
