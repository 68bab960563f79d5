"""PCD: alignment by deformable convolutions on a pyramid, then once more (figure 3).

Wang et al., EDVR: Video Restoration with Enhanced Deformable Convolutional Networks, CVPRW 2019,
section 3.2. State-dict keys are those of BasicSR's release.
"""

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from .deform import DeformConv
from .layers import activated, convolve

LEVELS = (3, 2, 1)
"""From a quarter of the size to the full size; level 1 is first in a list of features."""


def double(x: Tensor) -> Tensor:
    """Enlarge (b, c, h, w) to (b, c, 2 * h, 2 * w), bilinearly."""
    return F.interpolate(x, scale_factor=2, mode="bilinear", align_corners=False)


def activate(x: Tensor) -> Tensor:
    """Apply the leaky ReLU to what no plain convolution made."""
    return F.leaky_relu(x, 0.1)


class PcdAlignment(nn.Module):
    """Move the features of a frame to where those of the reference lie.

    Args:
        channels: Channels of the features.
        groups: Deformable groups.
    """

    def __init__(self, channels: int, groups: int) -> None:
        super().__init__()
        names = [f"l{level}" for level in LEVELS]

        def convs(levels: list[str], inputs: int) -> dict[str, nn.Module]:
            return {n: nn.Conv2d(inputs * channels, channels, 3, padding=1) for n in levels}

        self.offset_conv1 = nn.ModuleDict(convs(names, 2))
        self.offset_conv2 = nn.ModuleDict(convs(names[:1], 1) | convs(names[1:], 2))
        self.offset_conv3 = nn.ModuleDict(convs(names[1:], 1))
        self.dcn_pack = nn.ModuleDict({n: DeformConv(channels, groups=groups) for n in names})
        self.feat_conv = nn.ModuleDict(convs(names[1:], 2))
        self.cas_offset_conv1 = nn.Conv2d(2 * channels, channels, 3, padding=1)
        self.cas_offset_conv2 = nn.Conv2d(channels, channels, 3, padding=1)
        self.cas_dcnpack = DeformConv(channels, groups=groups)

    def forward(self, moving: list[Tensor], reference: list[Tensor]) -> tuple[Tensor, Tensor]:
        """Align one frame.

        Args:
            moving: Features of the frame, (b, c, h, w), (b, c, h / 2, w / 2), (b, c, h / 4, w / 4).
            reference: Features of the frame to align to, the same shapes.

        Returns:
            Aligned features (b, c, h, w), and the mean absolute offset of the worst of the four
            deformable convolutions, (b,), float32, in px.
        """
        aligned = guide = moving[-1]
        distances = []
        for level in LEVELS:
            name, far = f"l{level}", moving[level - 1]
            both = torch.cat((far, reference[level - 1]), dim=1)
            guide_here = activated(self.offset_conv1[name], both)
            if level == LEVELS[0]:
                guide = activated(self.offset_conv2[name], guide_here)
                aligned, distance = self.dcn_pack[name](far, guide)
                aligned = activate(aligned)
            else:
                # offsets are twice as long where pixels are half as large
                guide = torch.cat((guide_here, 2 * double(guide)), dim=1)
                guide = activated(self.offset_conv2[name], guide)
                guide = activated(self.offset_conv3[name], guide)
                sampled, distance = self.dcn_pack[name](far, guide)
                both = torch.cat((sampled, double(aligned)), dim=1)
                slope = 0.1 if level > 1 else None
                aligned = convolve(self.feat_conv[name], both, slope=slope)
            distances.append(distance)
        guide = activated(self.cas_offset_conv1, torch.cat((aligned, reference[0]), dim=1))
        aligned, distance = self.cas_dcnpack(aligned, activated(self.cas_offset_conv2, guide))
        return activate(aligned), torch.stack((*distances, distance)).amax(dim=0)
