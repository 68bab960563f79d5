"""BasicVSR: features carried through the clip in both directions along the optical flow.

Chan et al., BasicVSR: The Search for Essential Components in Video Super-Resolution and Beyond,
CVPR 2021. State-dict keys are those of BasicSR's release, except that the upsampling layers
lie in `tail`. Differences from it: outputs that are context for others need not be computed, and
large pictures can be folded, which makes a restorer at the input's own size affordable.
"""

from collections.abc import Iterator

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from vsfilter_edvr.layers import ResidualBlock, activated, activated_in_full
from vsfilter_edvr.upsample import make_tail

from .join import join
from .spynet import SpyNet, estimate_flows
from .warp import warp


class Trunk(nn.Module):
    """A convolution followed by residual blocks: one step of the propagation.

    Args:
        inputs: Channels that come in.
        channels: Channels of the features.
        blocks: Number of residual blocks.
    """

    def __init__(self, inputs: int, channels: int, blocks: int) -> None:
        super().__init__()
        self.main = nn.Sequential(
            nn.Conv2d(inputs, channels, 3, padding=1),
            nn.LeakyReLU(0.1),
            nn.Sequential(*(ResidualBlock(channels) for _ in range(blocks))),
        )

    def forward(self, x: Tensor, *beside: Tensor) -> Tensor:
        """Map what lies side by side, (b, inputs, h, w), to (b, channels, h, w).

        Args:
            x: Pictures in float32, or features.
            beside: Features that follow.
        """
        first, _, blocks = self.main
        features: Tensor = blocks(activated_in_full(first, x, *beside))
        return features


class BasicVSR(nn.Module):
    """Bidirectional recurrent network (section 3, figure 2).

    Args:
        channels: Channels of the features.
        blocks: Residual blocks in each direction.
        scale: Whole upscaling factor; 4 in the paper.
        flow: Flow network; the paper's SPyNet by default.
        tail_width: Channels at the final size; 0 takes the one-convolution tail.
        fold: Features and flow are at 1 / fold of the input's size, its pixels side by side in
            channels, as in Zhang et al., FFDNet, TIP 2018, section III-B; 1 in the paper. Needs
            the one-convolution tail.
    """

    def __init__(  # noqa: PLR0913  # each makes another network
        self,
        *,
        channels: int = 64,
        blocks: int = 30,
        scale: int = 4,
        flow: nn.Module | None = None,
        tail_width: int = 64,
        fold: int = 1,
    ) -> None:
        super().__init__()
        self.channels = channels
        self.scale = scale
        self.fold = fold
        self.spynet = SpyNet() if flow is None else flow
        self.backward_trunk = Trunk(3 * fold**2 + channels, channels, blocks)
        self.forward_trunk = Trunk(3 * fold**2 + channels, channels, blocks)
        self.fusion = nn.Conv2d(2 * channels, channels, 1)
        self.tail = make_tail(channels, scale=scale * fold, width=tail_width)

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
        if h % self.fold or w % self.fold:
            clips = F.pad(clips, (0, -w % self.fold, 0, -h % self.fold, 0, 0), mode="replicate")
        features_backward = self._propagate_backward(clips, start, stop)
        pictures = self._propagate_forward(clips, start, stop, features_backward)
        return join(pictures, stop - start)[..., : self.scale * h, : self.scale * w]

    def _propagate_backward(self, clips: Tensor, start: int, stop: int) -> list[Tensor]:
        """Carry features from the last frame down to `start`; give those from `stop` to there."""
        flows = self._flows(clips[:, start:-1], clips[:, start + 1 :])
        features: list[Tensor] = []
        carried = self._zero_features(clips)
        for i in reversed(range(start, clips.shape[1])):
            if i < clips.shape[1] - 1:
                carried = warp(carried, flows[:, i - start])
            carried = self._step(self.backward_trunk, clips[:, i], carried)
            if i < stop:
                features.append(carried)
        return features

    def _propagate_forward(
        self, clips: Tensor, start: int, stop: int, features_backward: list[Tensor]
    ) -> Iterator[Tensor]:
        """Carry features from frame 0 on; build the pictures of frames `start` to `stop`.

        Those of the other direction are used up.
        """
        flows = self._flows(clips[:, 1:stop], clips[:, : stop - 1])
        carried = self._zero_features(clips)
        for i in range(stop):
            if i > 0:
                carried = warp(carried, flows[:, i - 1])
            carried = self._step(self.forward_trunk, clips[:, i], carried)
            if i >= start:
                both = torch.cat((features_backward.pop(), carried), dim=1)
                residual = self.tail(activated(self.fusion, both))
                yield self._base(clips[:, i]) + residual  # in float32

    def _flows(self, first: Tensor, second: Tensor) -> Tensor:
        """Estimate the flows from one clip to another at the features' size, (b, t, 2, h, w)."""
        return estimate_flows(self.spynet, self._shrink(first), self._shrink(second))

    def _shrink(self, clips: Tensor) -> Tensor:
        """Bring pictures to the features' size."""
        if self.fold == 1:
            return clips
        frames = F.avg_pool2d(clips.flatten(0, 1), self.fold)
        return frames.view(*clips.shape[:3], *frames.shape[-2:])

    def _zero_features(self, clips: Tensor) -> Tensor:
        b, _, _, h, w = clips.shape
        shape = (b, self.channels, h // self.fold, w // self.fold)
        return torch.zeros(shape, device=clips.device, dtype=self.fusion.weight.dtype)

    def _step(self, trunk: nn.Module, frame: Tensor, carried: Tensor) -> Tensor:
        if self.fold > 1:  # a fold of 1 would still copy
            frame = F.pixel_unshuffle(frame, self.fold)
        features: Tensor = trunk(frame, carried)
        return features

    def _base(self, frame: Tensor) -> Tensor:
        """Upsample the frame to which the network adds its residual."""
        if self.scale == 1:
            return frame
        # laid out as the residual is: half the time of the default layout
        frame = frame.contiguous(memory_format=torch.channels_last)
        return F.interpolate(frame, scale_factor=self.scale, mode="bilinear", align_corners=False)
