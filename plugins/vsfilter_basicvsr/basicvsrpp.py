"""BasicVSR++: four passes over the clip, each aligned with two earlier frames.

Chan et al., BasicVSR++: Improving Video Super-Resolution with Enhanced Propagation and Alignment,
CVPR 2022. State-dict keys are those of mmagic's release, except that the upsampling layers lie in
`tail`. Differences from it: any size works, also below 64 px, and outputs that are context for
others need not be computed.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from vsfilter_edvr.deform import deform_conv2d
from vsfilter_edvr.layers import activated_in_full
from vsfilter_edvr.upsample import PixelShuffleTail

from .basicvsr import Trunk
from .join import join
from .spynet import SpyNet, estimate_flows
from .warp import warp

BRANCHES = ("backward_1", "forward_1", "backward_2", "forward_2")
SHRINK = 4
"""How much smaller than the output the features are, in each direction."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Shape:
    """Sizes of a BasicVSR++.

    Attributes:
        channels: Channels of the features.
        blocks: Residual blocks of each branch.
        scale: 4, or 1 for the variant that denoises, deblurs or decompresses: it works at a
            quarter of the input's sides and comes back to its size.
        extract_blocks: Residual blocks before the branches.
        reconstruct_blocks: Residual blocks after the branches.
        groups: Deformable groups, even; they divide twice the channels.
        max_residue_magnitude: Largest distance of an offset from the flow, in px.
        tail_width: Channels at the final size.
    """

    channels: int = 64
    blocks: int = 7
    scale: int = 4
    extract_blocks: int = 5
    reconstruct_blocks: int = 5
    groups: int = 16
    max_residue_magnitude: float = 10.0
    tail_width: int = 64


class SecondOrderAlignment(nn.Module):
    """Align the features of two earlier frames by one deformable convolution (section 3.2).

    Its offsets are the flow plus a residue that three convolutions predict from what the flow
    alone would align. Half of the groups belong to each of the two frames.

    Args:
        channels: Channels of one frame's features.
        groups: Deformable groups, even.
        max_residue_magnitude: Largest residue of an offset, in px.
    """

    def __init__(
        self, channels: int, *, groups: int = 16, max_residue_magnitude: float = 10.0
    ) -> None:
        super().__init__()
        self.max_residue_magnitude = max_residue_magnitude
        self.weight = nn.Parameter(torch.empty(channels, 2 * channels, 3, 3))
        self.bias = nn.Parameter(torch.zeros(channels))
        self.conv_offset = nn.Sequential(
            nn.Conv2d(3 * channels + 4, channels, 3, padding=1),
            nn.LeakyReLU(0.1),
            nn.Conv2d(channels, channels, 3, padding=1),
            nn.LeakyReLU(0.1),
            nn.Conv2d(channels, channels, 3, padding=1),
            nn.LeakyReLU(0.1),
            nn.Conv2d(channels, 27 * groups, 3, padding=1),
        )
        nn.init.kaiming_uniform_(self.weight, a=5**0.5)
        # training starts from the flow alone
        for parameter in self.conv_offset[-1].parameters():
            nn.init.zeros_(parameter)

    def forward(self, pair: Tensor, guide: Tensor, flows: tuple[Tensor, Tensor]) -> Tensor:
        """Align.

        Args:
            pair: Features of the previous frame and of the one before it, (b, 2c, h, w).
            guide: The same two, warped, with the current features between them, (b, 3c, h, w).
            flows: From the current frame to each of the two, (b, 2, h, w), float32, (dx, dy).

        Returns:
            (b, c, h, w).
        """
        guide = torch.cat((guide, *(flow.to(guide.dtype) for flow in flows)), dim=1)
        # sixteen bits are too few for positions
        offset_and_mask = self.conv_offset(guide).float()
        count = offset_and_mask.shape[1] * 2 // 3
        residue = self.max_residue_magnitude * torch.tanh(offset_and_mask[:, :count])
        # for each frame, tap and axis; all taps of a frame begin where its flow points to
        flow = torch.stack([flow.flip(1) for flow in flows], dim=1).unsqueeze(2)
        b, _, h, w = residue.shape
        offset = (residue.view(b, 2, -1, 2, h, w) + flow).flatten(1, 3)
        mask = offset_and_mask[:, count:].sigmoid()
        return deform_conv2d(pair, offset, mask, self.weight, self.bias)


class BasicVSRPlusPlus(nn.Module):
    """Second-order grid propagation with flow-guided deformable alignment (section 3, figure 2).

    Args:
        shape: Its sizes; the paper's by default.
        flow: Flow network; the paper's SPyNet by default.
    """

    def __init__(self, shape: Shape | None = None, *, flow: nn.Module | None = None) -> None:
        super().__init__()
        shape = shape or Shape()
        channels = shape.channels
        self.scale = shape.scale
        self.spynet = SpyNet() if flow is None else flow
        self.feat_extract: nn.Module = (
            Trunk(3, channels, shape.extract_blocks)
            if shape.scale == SHRINK
            else nn.Sequential(
                nn.Conv2d(3, channels, 3, stride=2, padding=1),
                nn.LeakyReLU(0.1),
                nn.Conv2d(channels, channels, 3, stride=2, padding=1),
                nn.LeakyReLU(0.1),
                Trunk(channels, channels, shape.extract_blocks),
            )
        )
        self.deform_align = nn.ModuleDict()
        self.backbone = nn.ModuleDict()
        for i, branch in enumerate(BRANCHES):
            self.deform_align[branch] = SecondOrderAlignment(
                channels,
                groups=shape.groups,
                max_residue_magnitude=shape.max_residue_magnitude,
            )
            self.backbone[branch] = Trunk((2 + i) * channels, channels, shape.blocks)
        self.reconstruction = Trunk(
            (1 + len(BRANCHES)) * channels, channels, shape.reconstruct_blocks
        )
        self.tail = PixelShuffleTail(channels, scale=SHRINK, width=shape.tail_width)

    def forward(self, clips: Tensor, keep: slice = slice(None)) -> Tensor:
        """Restore clips.

        Args:
            clips: (b, t, 3, h, w), float32, RGB in [0, 1].
            keep: The frames whose output is wanted, a slice of t with step 1.

        Returns:
            (b, kept frames, 3, scale * h, scale * w), float32.
        """
        b, t, c, h, w = clips.shape
        start, stop, _ = keep.indices(t)
        if start >= stop:
            return clips.new_empty((b, 0, c, self.scale * h, self.scale * w))
        if self.scale != SHRINK:
            clips = F.pad(clips, (0, -w % SHRINK, 0, -h % SHRINK, 0, 0), mode="replicate")
        flows_backward, flows_forward = self._flows(clips)
        features = {"spatial": [self._extract(clips[:, i]) for i in range(t)]}
        for branch in BRANCHES:
            if branch.startswith("backward"):
                order, flows = range(t - 1, -1, -1), flows_backward
            else:
                # the last pass ends with the last frame that is wanted
                order, flows = range(stop if branch == BRANCHES[-1] else t), flows_forward
            features[branch] = self._propagate(branch, features, order, flows)
        pictures = (
            self._reconstruct(clips[:, i], [maps[i] for maps in features.values()])
            for i in range(start, stop)
        )
        return join(pictures, stop - start)[..., : self.scale * h, : self.scale * w]

    def _flows(self, clips: Tensor) -> tuple[list[Tensor], list[Tensor]]:
        """Estimate the flows to the neighbours at the features' size.

        Returns:
            The flows from each frame to the next, last one first, and from each frame to the
            previous; both in the order in which a branch needs them, (b, 2, h, w).
        """
        if self.scale != SHRINK:
            frames = F.interpolate(clips.flatten(0, 1), scale_factor=1 / SHRINK, mode="bicubic")
            clips = frames.view(*clips.shape[:3], *frames.shape[-2:])
        near, far = clips[:, :-1], clips[:, 1:]
        to_next = estimate_flows(self.spynet, near, far).unbind(1)
        to_previous = estimate_flows(self.spynet, far, near).unbind(1)
        return list(to_next[::-1]), list(to_previous)

    def _extract(self, frame: Tensor) -> Tensor:
        if isinstance(self.feat_extract, nn.Sequential):
            first, rest = self.feat_extract[0], self.feat_extract[2:]
            features: Tensor = rest(activated_in_full(first, frame))
        else:
            features = self.feat_extract(frame)
        return features

    def _propagate(
        self,
        branch: str,
        features: dict[str, list[Tensor]],
        order: range,
        flows: Sequence[Tensor],
    ) -> list[Tensor]:
        """Carry features through the clip once (section 3.1).

        Args:
            branch: Which pass.
            features: Of each frame, in time order: its own and those of the earlier passes.
            order: Numbers of the frames as they are visited.
            flows: Flow from each visited frame but the first to the one visited before it.

        Returns:
            The features of the visited frames, in time order.
        """
        carried: list[Tensor] = []
        for step, i in enumerate(order):
            current = features["spatial"][i]
            aligned = torch.zeros_like(current)
            if step > 0:
                aligned = self._align(branch, current, carried[-2:], flows[max(step - 2, 0) : step])
            known = torch.cat([*(maps[i] for maps in features.values()), aligned], dim=1)
            carried.append(aligned + self.backbone[branch](known))
        return carried if order.step > 0 else carried[::-1]

    def _align(
        self, branch: str, current: Tensor, earlier: Sequence[Tensor], flows: Sequence[Tensor]
    ) -> Tensor:
        """Align the features of one or two visited frames, the nearest last, with the current."""
        first, flow_first = earlier[-1], flows[-1]
        second, flow_second = torch.zeros_like(first), torch.zeros_like(flow_first)
        warped_second = second
        if len(earlier) > 1:
            second, flow_second = earlier[-2], flow_first + warp(flows[-2], flow_first)
            warped_second = warp(second, flow_second)
        guide = torch.cat((warp(first, flow_first), current, warped_second), dim=1)
        pair = torch.cat((first, second), dim=1)
        aligned: Tensor = self.deform_align[branch](pair, guide, (flow_first, flow_second))
        return aligned

    def _reconstruct(self, frame: Tensor, features: list[Tensor]) -> Tensor:
        """Build a picture from the frame and all its features."""
        residual: Tensor = self.tail(self.reconstruction(torch.cat(features, dim=1)))
        if self.scale == SHRINK:
            frame = F.interpolate(frame, scale_factor=SHRINK, mode="bilinear", align_corners=False)
        return frame + residual.float()
