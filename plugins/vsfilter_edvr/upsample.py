"""Tails that turn features into a picture of the final size."""

from collections.abc import Mapping

import torch.nn.functional as F
from torch import Tensor, nn

from .layers import activated

TAIL_RENAMES = (
    (r"^upsample(\d)\.upsample_conv\.", r"tail.upconv\1."),  # mmediting and mmagic
    (r"^(upconv\d|conv_hr|conv_last)\.", r"tail.\1."),
)
"""From the keys of published files to those of a network whose tail is named `tail`."""


def make_tail(channels: int, *, scale: int, width: int) -> nn.Module:
    """Make the published tail, or for a width of 0 the light one."""
    if width:
        return PixelShuffleTail(channels, scale=scale, width=width)
    return SubpixelTail(channels, scale=scale)


def read_tail_width(state: Mapping[str, Tensor]) -> int:
    """Read the width off the tensors of a network whose tail is named `tail`.

    Raises:
        KeyError: They have no tail.
    """
    width = state["tail.conv_last.weight"].shape[1]
    return width if "tail.conv_hr.weight" in state else 0


class PixelShuffleTail(nn.Module):
    """Upsample in steps of two, as the published EDVR and BasicVSR do.

    Layers have the names of BasicSR's release: `upconv<n>`, `conv_hr`, `conv_last`.

    Args:
        channels: Channels of the features.
        scale: 2 or 4.
        width: Channels at the final size.
    """

    def __init__(self, channels: int, *, scale: int = 4, width: int = 64) -> None:
        super().__init__()
        self.steps = scale.bit_length() - 1
        for step in range(1, self.steps + 1):
            out = width if step == self.steps else channels
            self.add_module(f"upconv{step}", nn.Conv2d(channels, 4 * out, 3, padding=1))
        self.conv_hr = nn.Conv2d(width, width, 3, padding=1)
        self.conv_last = nn.Conv2d(width, 3, 3, padding=1)

    def forward(self, x: Tensor) -> Tensor:
        """Map (b, c, h, w) to a residual picture (b, 3, scale * h, scale * w)."""
        for step in range(1, self.steps + 1):
            upconv: nn.Conv2d = getattr(self, f"upconv{step}")
            x = F.pixel_shuffle(activated(upconv, x), 2)
        x = activated(self.conv_hr, x)
        picture: Tensor = self.conv_last(x)
        return picture


class SubpixelTail(nn.Module):
    """Make all pixels of the final size by one convolution at the input's size.

    Shi et al., Real-Time Single Image and Video Super-Resolution Using an Efficient Sub-Pixel
    Convolutional Neural Network, CVPR 2016, section 3.2. At x4 it needs 1/50 of the work of
    `PixelShuffleTail`.

    Args:
        channels: Channels of the features.
        scale: At least 1.
    """

    def __init__(self, channels: int, *, scale: int = 4) -> None:
        super().__init__()
        self.scale = scale
        self.conv_last = nn.Conv2d(channels, 3 * scale**2, 3, padding=1)

    def forward(self, x: Tensor) -> Tensor:
        """Map (b, c, h, w) to a residual picture (b, 3, scale * h, scale * w)."""
        return F.pixel_shuffle(self.conv_last(x), self.scale)
