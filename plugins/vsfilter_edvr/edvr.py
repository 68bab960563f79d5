"""EDVR: each frame restored from a window of aligned neighbours.

Wang et al., EDVR: Video Restoration with Enhanced Deformable Convolutional Networks, CVPRW 2019.
State-dict keys are those of BasicSR's release, except that all up to the fusion lies in `features`
and the upsampling layers in `tail`. Differences from it: clips of any length go in and their
windows share the features of frames, sides of any length work, and a light tail exists.
"""

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from .architecture import Architecture
from .features import WindowFeatures
from .layers import ResidualBlock
from .neighbours import neighbours
from .upsample import make_tail

ENLARGED = 4
"""How much larger the picture is than its features."""


class EDVR(nn.Module):
    """Sliding-window network (section 3.1, figure 2).

    Args:
        design: Sizes and parts of the network; EDVR-M for five frames by default.
    """

    def __init__(self, design: Architecture | None = None) -> None:
        super().__init__()
        self.design = design = design or Architecture()
        self.scale = design.scale
        c = design.channels
        self.features = WindowFeatures(design)
        self.reconstruction = nn.Sequential(
            *(ResidualBlock(c) for _ in range(design.reconstruct_blocks))
        )
        self.tail = make_tail(c, scale=ENLARGED, width=design.tail_width)

    def forward(self, clips: Tensor, keep: slice = slice(None)) -> Tensor:
        """Restore clips.

        Args:
            clips: (b, t, 3, h, w), float32, RGB in [0, 1]; any t, h, w >= 1.
            keep: The frames whose output is wanted, a slice of t with step 1.

        Returns:
            (b, kept frames, 3, scale * h, scale * w), float32.
        """
        return self.restore_windows(clips, keep)[0]

    def windows(self, frame_count: int, keep: slice) -> list[list[int]]:
        """List, for each kept frame of a clip, the frames that it is restored from."""
        return [
            neighbours(
                frame,
                frame_count,
                before=self.design.before,
                after=self.design.after,
                padding=self.design.chosen_padding,
            )
            for frame in range(*keep.indices(frame_count))
        ]

    def restore_windows(self, clips: Tensor, keep: slice = slice(None)) -> tuple[Tensor, Tensor]:
        """Restore clips as `forward` does, and tell how far the alignment reached.

        Returns:
            The output of `forward`, and the mean absolute offset of the worst alignment of each
            kept frame, (kept frames,), float32, in px.
        """
        b, t, _, h, w = clips.shape
        windows = self.windows(t, keep)
        if not windows:
            empty = clips.new_empty((b, 0, 3, self.scale * h, self.scale * w))
            return empty, clips.new_empty(0)
        padded = self._pad(clips)
        slid = self.features.slide(padded, windows)
        pictures, distances = [], []
        for frame, (features, distance) in zip(range(*keep.indices(t)), slid, strict=True):
            picture = self._base(padded[:, frame]) + self._reconstruct(features).float()
            pictures.append(picture[..., : self.scale * h, : self.scale * w])
            distances.append(distance.amax())
        return torch.stack(pictures, dim=1), torch.stack(distances)

    def _pad(self, clips: Tensor) -> Tensor:
        """Repeat the last row and column until the pyramids divide evenly."""
        multiple = 16 if self.design.is_hr_in else 4
        h, w = clips.shape[-2:]
        if h % multiple == 0 and w % multiple == 0:
            return clips
        return F.pad(clips, (0, -w % multiple, 0, -h % multiple, 0, 0), mode="replicate")

    def _reconstruct(self, features: Tensor) -> Tensor:
        """Turn features (b, c, h, w) into a residual picture (b, 3, 4 * h, 4 * w)."""
        picture: Tensor = self.tail(self.reconstruction(features))
        return picture

    def _base(self, frame: Tensor) -> Tensor:
        """Upsample the frame to which the network adds its residual."""
        if self.scale == 1:
            return frame
        return F.interpolate(frame, scale_factor=self.scale, mode="bilinear", align_corners=False)
