"""The discriminator of RealBasicVSR's second stage.

Wang et al., Real-ESRGAN: Training Real-World Blind Super-Resolution with Pure Synthetic Data,
ICCVW 2021, section 3.4: a U-Net with spectral normalisation that judges each pixel.
"""

import torch.nn.functional as F
from torch import Tensor, nn
from torch.nn.utils.parametrizations import spectral_norm


class UNetDiscriminator(nn.Module):
    """Judge pixels: real ones above 0, restored ones below.

    Args:
        width: Channels at the full size; 64 in the paper.
    """

    def __init__(self, width: int = 64) -> None:
        super().__init__()
        self.first = nn.Conv2d(3, width, 3, padding=1)
        self.down = nn.ModuleList(
            spectral_norm(nn.Conv2d(n * width, 2 * n * width, 4, 2, 1, bias=False))
            for n in (1, 2, 4)
        )
        self.up = nn.ModuleList(
            spectral_norm(nn.Conv2d(2 * n * width, n * width, 3, padding=1, bias=False))
            for n in (4, 2, 1)
        )
        self.tail = nn.ModuleList(
            spectral_norm(nn.Conv2d(width, width, 3, padding=1, bias=False)) for _ in range(2)
        )
        self.last = nn.Conv2d(width, 1, 3, padding=1)

    def forward(self, frames: Tensor) -> tuple[Tensor, list[Tensor]]:
        """Judge frames.

        Args:
            frames: (n, 3, h, w), RGB in [0, 1]; h and w are multiples of 8.

        Returns:
            Judgements before the sigmoid, (n, 1, h, w), and the features of all levels.
        """
        x = F.leaky_relu(self.first(frames), 0.2)
        levels = [x]
        for convolution in self.down:
            levels.append(F.leaky_relu(convolution(levels[-1]), 0.2))
        x = levels[-1]
        features = list(levels)
        for convolution, level in zip(self.up, levels[-2::-1], strict=True):
            x = F.interpolate(x, scale_factor=2, mode="bilinear", align_corners=False)
            x = F.leaky_relu(convolution(x), 0.2) + level
            features.append(x)
        for convolution in self.tail:
            x = F.leaky_relu(convolution(x), 0.2)
        judgements: Tensor = self.last(x)
        return judgements, features
