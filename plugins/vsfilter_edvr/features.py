"""The part of EDVR that turns a window of frames into features of the restored frame.

Wang et al., EDVR: Video Restoration with Enhanced Deformable Convolutional Networks, CVPRW 2019,
section 3.1, figure 2. State-dict keys are those of BasicSR's release. IconVSR uses this part alone.
"""

from collections.abc import Iterator

import torch
from torch import Tensor, nn

from .alignment import PcdAlignment, double
from .architecture import Architecture
from .fusion import TsaFusion
from .layers import ResidualBlock, activated, activated_in_full


class Predeblur(nn.Module):
    """Sharpen a frame on a pyramid before anything is aligned (section 3.1, appendix).

    Args:
        channels: Channels of the features.
        is_hr_in: Features have a quarter of the input's size.
    """

    def __init__(self, channels: int, *, is_hr_in: bool) -> None:
        super().__init__()
        self.is_hr_in = is_hr_in
        self.conv_first = nn.Conv2d(3, channels, 3, padding=1)
        if is_hr_in:
            self.stride_conv_hr1 = nn.Conv2d(channels, channels, 3, stride=2, padding=1)
            self.stride_conv_hr2 = nn.Conv2d(channels, channels, 3, stride=2, padding=1)
        self.stride_conv_l2 = nn.Conv2d(channels, channels, 3, stride=2, padding=1)
        self.stride_conv_l3 = nn.Conv2d(channels, channels, 3, stride=2, padding=1)
        self.resblock_l3 = ResidualBlock(channels)
        self.resblock_l2_1 = ResidualBlock(channels)
        self.resblock_l2_2 = ResidualBlock(channels)
        self.resblock_l1 = nn.Sequential(*(ResidualBlock(channels) for _ in range(5)))

    def forward(self, frames: Tensor) -> Tensor:
        """Map (b, 3, h, w) to (b, c, h, w), or (b, c, h / 4, w / 4) with `is_hr_in`."""
        full = activated_in_full(self.conv_first, frames)
        if self.is_hr_in:
            full = activated(self.stride_conv_hr2, activated(self.stride_conv_hr1, full))
        half = activated(self.stride_conv_l2, full)
        quarter = activated(self.stride_conv_l3, half)
        half = self.resblock_l2_1(half) + double(self.resblock_l3(quarter))
        full = self.resblock_l1[:2](full) + double(self.resblock_l2_2(half))
        features: Tensor = self.resblock_l1[2:](full)
        return features


class WindowFeatures(nn.Module):
    """Features of single frames, aligned and fused to those of the restored frame.

    Args:
        design: Sizes and parts of the network.
    """

    def __init__(self, design: Architecture) -> None:
        super().__init__()
        c = design.channels
        if design.has_predeblur:
            self.predeblur = Predeblur(c, is_hr_in=design.is_hr_in)
            self.conv_1x1 = nn.Conv2d(c, c, 1)
        else:
            self.conv_first = nn.Conv2d(3, c, 3, padding=1)
        self.has_predeblur = design.has_predeblur
        self.center = design.before
        self.feature_extraction = nn.Sequential(
            *(ResidualBlock(c) for _ in range(design.extract_blocks))
        )
        self.conv_l2_1 = nn.Conv2d(c, c, 3, stride=2, padding=1)
        self.conv_l2_2 = nn.Conv2d(c, c, 3, padding=1)
        self.conv_l3_1 = nn.Conv2d(c, c, 3, stride=2, padding=1)
        self.conv_l3_2 = nn.Conv2d(c, c, 3, padding=1)
        self.pcd_align = PcdAlignment(c, design.groups)
        self.fusion: nn.Module = (
            TsaFusion(c, design.frames, self.center)
            if design.has_tsa
            else nn.Conv2d(design.frames * c, c, 1)
        )

    def extract(self, frames: Tensor) -> list[Tensor]:
        """See frames one by one.

        Args:
            frames: (b, 3, h, w), RGB in [0, 1]; sides are multiples of 4, or 16 with `is_hr_in`.

        Returns:
            Features at full, half and quarter size: (b, c, h, w), ..., (b, c, h / 4, w / 4).
            With `is_hr_in` all of them are four times smaller.
        """
        if self.has_predeblur:
            features = self.conv_1x1(self.predeblur(frames))
        else:
            features = activated_in_full(self.conv_first, frames)
        full = self.feature_extraction(features)
        half = activated(self.conv_l2_2, activated(self.conv_l2_1, full))
        quarter = activated(self.conv_l3_2, activated(self.conv_l3_1, half))
        return [full, half, quarter]

    def slide(self, clips: Tensor, windows: list[list[int]]) -> Iterator[tuple[Tensor, Tensor]]:
        """Give what `forward` gives, window by window.

        Features of a frame are computed once, and kept as long as a later window needs them.

        Args:
            clips: (b, t, 3, h, w), as `extract` wants the frames.
            windows: Numbers of the frames of each window.
        """
        last_use = {i: number for number, window in enumerate(windows) for i in window}
        extracted: dict[int, list[Tensor]] = {}
        for number, window in enumerate(windows):
            for i in sorted(set(window) - extracted.keys()):
                extracted[i] = self.extract(clips[:, i])
            yield self([extracted[i] for i in window])
            extracted = {i: value for i, value in extracted.items() if last_use[i] > number}

    def forward(self, window: list[list[Tensor]]) -> tuple[Tensor, Tensor]:
        """Align the frames of a window and fuse them.

        Args:
            window: What `extract` gave for each frame; a frame may stand there twice.

        Returns:
            Features (b, c, h, w), and the mean absolute offset of the worst alignment, (b,),
            float32, in px.
        """
        # a frame that stands in for missing ones is aligned once
        reference = window[self.center]
        distinct = {id(frame): frame for frame in window}
        aligned = {key: self.pcd_align(frame, reference) for key, frame in distinct.items()}
        features = [aligned[id(frame)][0] for frame in window]
        distance = torch.stack([distance for _, distance in aligned.values()]).amax(dim=0)
        if isinstance(self.fusion, TsaFusion):
            return self.fusion(features), distance
        return self.fusion(torch.cat(features, dim=1)), distance
