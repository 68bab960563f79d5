"""IconVSR: BasicVSR refilled with information at keyframes, its two directions coupled.

Chan et al., BasicVSR: The Search for Essential Components in Video Super-Resolution and Beyond,
CVPR 2021, section 4. State-dict keys are those of BasicSR's release, except that the upsampling
layers lie in `tail`. Differences from it: clips of fewer frames than EDVR's window work, and
outputs that are context for others need not be computed.
"""

from collections.abc import Iterator

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from vsfilter_edvr.architecture import Architecture
from vsfilter_edvr.features import WindowFeatures
from vsfilter_edvr.upsample import PixelShuffleTail

from .basicvsr import Trunk
from .join import join
from .spynet import SpyNet, estimate_flows
from .warp import warp

MULTIPLE = 4
"""Sides that EDVR's pyramid divides evenly."""


def keyframes(frame_count: int, stride: int) -> list[int]:
    """List the keyframes of a clip: every `stride`-th frame and the last one."""
    return sorted({*range(0, frame_count, stride), frame_count - 1})


def keyframe_window(frame: int, frame_count: int, reach: int) -> list[int]:
    """List the frames from which the features of a keyframe are made.

    Beyond the ends stand, as in the official code, the frames that the first and the last window
    do not hold: 4 3 before frame 0 of a window of five. Shorter clips repeat their end.

    Args:
        frame: The keyframe, from 0.
        frame_count: Frames of the clip.
        reach: Frames of the window on each side of it.
    """
    last = frame_count - 1
    window = []
    for i in range(frame - reach, frame + reach + 1):
        inside = reach - i if i < 0 else i
        if i > last:
            inside = last - reach - (i - last)
        window.append(min(max(inside, 0), last))
    return window


class IconVSR(nn.Module):
    """Bidirectional recurrent network with information refill and coupled propagation (figure 5).

    Args:
        design: The EDVR that makes the keyframes' features; its channels are those of all
            features.
        blocks: Residual blocks in each direction.
        keyframe_stride: Frames from one keyframe to the next.
        flow: Flow network; the paper's SPyNet by default.
    """

    scale = 4

    def __init__(
        self,
        design: Architecture | None = None,
        *,
        blocks: int = 30,
        keyframe_stride: int = 5,
        flow: nn.Module | None = None,
    ) -> None:
        super().__init__()
        design = design or Architecture()
        self.channels = channels = design.channels
        self.keyframe_stride = keyframe_stride
        self.edvr = WindowFeatures(design)
        self.spynet = SpyNet() if flow is None else flow
        self.backward_fusion = nn.Conv2d(2 * channels, channels, 3, padding=1)
        self.backward_trunk = Trunk(3 + channels, channels, blocks)
        self.forward_fusion = nn.Conv2d(2 * channels, channels, 3, padding=1)
        self.forward_trunk = Trunk(3 + 2 * channels, channels, blocks)
        self.tail = PixelShuffleTail(channels, scale=self.scale)

    def forward(self, clips: Tensor, keep: slice = slice(None)) -> Tensor:
        """Restore clips.

        Args:
            clips: (b, t, 3, h, w), float32, RGB in [0, 1].
            keep: The frames whose output is wanted, a slice of t with step 1.

        Returns:
            (b, kept frames, 3, 4 * h, 4 * w), float32.
        """
        b, t, _, h, w = clips.shape
        start, stop, _ = keep.indices(t)
        if start >= stop:
            return clips.new_empty((b, 0, 3, self.scale * h, self.scale * w))
        clips = _pad(clips)
        refill = self._keyframe_features(clips)
        features_backward = self._propagate_backward(clips, refill, stop)
        pictures = self._propagate_forward(clips[:, :stop], refill, features_backward, start)
        return join(pictures, stop - start)[..., : self.scale * h, : self.scale * w]

    def _keyframe_features(self, clips: Tensor) -> dict[int, Tensor]:
        """Make the features of all keyframes, (b, c, h, w) each (section 4.1)."""
        t = clips.shape[1]
        frames = keyframes(t, self.keyframe_stride)
        windows = [keyframe_window(frame, t, self.edvr.center) for frame in frames]
        slid = self.edvr.slide(clips, windows)
        return {frame: features for frame, (features, _) in zip(frames, slid, strict=True)}

    def _propagate_backward(
        self, clips: Tensor, refill: dict[int, Tensor], stop: int
    ) -> list[Tensor]:
        """Carry features from the last frame to the first; give those from `stop` to there."""
        flows = estimate_flows(self.spynet, clips[:, :-1], clips[:, 1:])
        features: list[Tensor] = []
        carried = self._zero_features(clips)
        for i in reversed(range(clips.shape[1])):
            if i < clips.shape[1] - 1:
                carried = warp(carried, flows[:, i])
            if i in refill:
                carried = self.backward_fusion(torch.cat((carried, refill[i]), dim=1))
            carried = self.backward_trunk(clips[:, i], carried)
            if i < stop:
                features.append(carried)
        return features

    def _propagate_forward(
        self,
        clips: Tensor,
        refill: dict[int, Tensor],
        features_backward: list[Tensor],
        start: int,
    ) -> Iterator[Tensor]:
        """Carry features from frame 0 on, with those of the other direction (section 4.2).

        These are used up.

        Yields:
            The pictures of the frames from `start` on.
        """
        flows = estimate_flows(self.spynet, clips[:, 1:], clips[:, :-1])
        carried = self._zero_features(clips)
        for i in range(clips.shape[1]):
            if i > 0:
                carried = warp(carried, flows[:, i - 1])
            if i in refill:
                carried = self.forward_fusion(torch.cat((carried, refill[i]), dim=1))
            carried = self.forward_trunk(clips[:, i], features_backward.pop(), carried)
            if i >= start:
                base = F.interpolate(
                    clips[:, i], scale_factor=self.scale, mode="bilinear", align_corners=False
                )
                yield base + self.tail(carried).float()

    def _zero_features(self, clips: Tensor) -> Tensor:
        b, _, _, h, w = clips.shape
        dtype = self.forward_fusion.weight.dtype
        return torch.zeros((b, self.channels, h, w), device=clips.device, dtype=dtype)


def _pad(clips: Tensor) -> Tensor:
    """Mirror the last rows and columns until EDVR's pyramid divides evenly."""
    b, t, _, h, w = clips.shape
    right, bottom = -w % MULTIPLE, -h % MULTIPLE
    if right == bottom == 0:
        return clips
    # what is too small to be mirrored is repeated
    mode = "reflect" if w > right and h > bottom else "replicate"
    padded = F.pad(clips.flatten(0, 1), (0, right, 0, bottom), mode=mode)
    return padded.view(b, t, 3, h + bottom, w + right)
