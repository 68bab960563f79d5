"""TSA: fusion of aligned frames by temporal and spatial attention (figure 4).

Wang et al., EDVR: Video Restoration with Enhanced Deformable Convolutional Networks, CVPRW 2019,
section 3.3. State-dict keys are those of BasicSR's release.
"""

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from .alignment import double
from .layers import activated


class TsaFusion(nn.Module):
    """Weigh each pixel of each frame by its likeness to the restored frame, then fuse.

    Args:
        channels: Channels of the features.
        frames: Frames that are fused.
        center: Number of the restored one, from 0.
    """

    def __init__(self, channels: int, frames: int, center: int) -> None:
        super().__init__()
        self.center = center
        self.temporal_attn1 = nn.Conv2d(channels, channels, 3, padding=1)
        self.temporal_attn2 = nn.Conv2d(channels, channels, 3, padding=1)
        self.feat_fusion = nn.Conv2d(frames * channels, channels, 1)
        self.spatial_attn1 = nn.Conv2d(frames * channels, channels, 1)
        self.spatial_attn2 = nn.Conv2d(2 * channels, channels, 1)
        self.spatial_attn3 = nn.Conv2d(channels, channels, 3, padding=1)
        self.spatial_attn4 = nn.Conv2d(channels, channels, 1)
        self.spatial_attn5 = nn.Conv2d(channels, channels, 3, padding=1)
        self.spatial_attn_l1 = nn.Conv2d(channels, channels, 1)
        self.spatial_attn_l2 = nn.Conv2d(2 * channels, channels, 3, padding=1)
        self.spatial_attn_l3 = nn.Conv2d(channels, channels, 3, padding=1)
        self.spatial_attn_add1 = nn.Conv2d(channels, channels, 1)
        self.spatial_attn_add2 = nn.Conv2d(channels, channels, 1)

    def forward(self, aligned: list[Tensor]) -> Tensor:
        """Fuse the aligned features of all frames, each (b, c, h, w), into (b, c, h, w)."""
        weighted = self._weigh(aligned)
        features = activated(self.feat_fusion, weighted)
        attention = activated(self.spatial_attn1, weighted)
        attention = activated(self.spatial_attn2, _halve(attention))
        coarse = activated(self.spatial_attn_l2, _halve(activated(self.spatial_attn_l1, attention)))
        coarse = double(activated(self.spatial_attn_l3, coarse))
        attention = activated(self.spatial_attn3, attention) + coarse
        attention = self.spatial_attn5(double(activated(self.spatial_attn4, attention)))
        shift = self.spatial_attn_add2(activated(self.spatial_attn_add1, attention))
        # a new network has attention 0.5, so that the factor starts at 1
        fused: Tensor = features * attention.sigmoid() * 2 + shift
        return fused

    def _weigh(self, aligned: list[Tensor]) -> Tensor:
        """Multiply each frame by its likeness to the restored one (equations 6 and 7)."""
        reference = self.temporal_attn1(aligned[self.center]).float()
        weighted = []
        for features in aligned:
            likeness = (self.temporal_attn2(features) * reference).sum(dim=1, keepdim=True)
            weighted.append(features * likeness.sigmoid().to(features.dtype))
        return torch.cat(weighted, dim=1)  # (b, frames * c, h, w)


def _halve(x: Tensor) -> Tensor:
    """Pool (b, c, h, w) to its largest and its mean values, (b, 2 * c, h / 2, w / 2)."""
    largest = F.max_pool2d(x, 3, stride=2, padding=1)
    return torch.cat((largest, F.avg_pool2d(x, 3, stride=2, padding=1)), dim=1)
