"""RealBasicVSR: degraded frames are cleaned one by one before BasicVSR propagates them.

Chan et al., Investigating Tradeoffs in Real-World Video Super-Resolution, CVPR 2022. State-dict
keys are those of mmagic's release, except inside `basicvsr`. Differences from it: the caller's
frames are never changed, and outputs that are context for others need not be computed.
"""

import torch
from torch import Tensor, nn

from vsfilter_basicvsr.basicvsr import BasicVSR, Trunk

MOST_CLEANINGS = 3
"""The paper cleans at most three times (section 3.2)."""
CLEANING_BATCH_PX = 1 << 20
"""Pixels of the frames that are cleaned together; each one needs 1 kB at 64 channels."""


class RealBasicVSR(nn.Module):
    """Image cleaning with dynamic refinement, then BasicVSR (section 3, figures 3 and 4).

    Args:
        basicvsr: Restores the cleaned frames.
        cleaning_channels: Channels of the cleaning module's features.
        cleaning_blocks: Residual blocks of the cleaning module.
        refine_threshold: Frames are cleaned again until the mean absolute change falls below
            this, in grey levels from 0 to 255 (equation 5); 255 cleans once.
        sequential_cleaning: Clean frame by frame, which needs the least memory.
    """

    def __init__(
        self,
        basicvsr: BasicVSR,
        *,
        cleaning_channels: int = 64,
        cleaning_blocks: int = 20,
        refine_threshold: float = 255.0,
        sequential_cleaning: bool = False,
    ) -> None:
        super().__init__()
        self.refine_threshold = refine_threshold
        self.sequential_cleaning = sequential_cleaning
        self.image_cleaning = nn.Sequential(
            Trunk(3, cleaning_channels, cleaning_blocks),
            nn.Conv2d(cleaning_channels, 3, 3, padding=1),
        )
        self.basicvsr = basicvsr

    @property
    def scale(self) -> int:
        """How many times larger the output is."""
        return self.basicvsr.scale

    @property
    def spynet(self) -> nn.Module:
        """The flow network."""
        return self.basicvsr.spynet

    def forward(self, clips: Tensor, keep: slice = slice(None)) -> Tensor:
        """Restore clips.

        Args:
            clips: (b, t, 3, h, w), float32, RGB in [0, 1].
            keep: The frames whose output is wanted, a slice of t with step 1.

        Returns:
            (b, kept frames, 3, scale * h, scale * w), float32.
        """
        return self.restore_cleaned(self.clean(clips), keep)

    def restore_cleaned(self, cleaned: Tensor, keep: slice = slice(None)) -> Tensor:
        """Restore clips that are clean already; else as `forward`."""
        restored: Tensor = self.basicvsr(cleaned, keep)
        return restored

    def clean(self, clips: Tensor) -> Tensor:
        """Remove the degradations of all frames, as often as they need it (section 3.2).

        Whether to clean again is decided for all frames together, by their mean change.

        Args:
            clips: (b, t, 3, h, w), float32, RGB in [0, 1].

        Returns:
            The same shape and type.
        """
        frames = clips.flatten(0, 1)
        for _ in range(MOST_CLEANINGS):
            residues = self._residues(frames)
            frames = frames + residues
            # 255 cleans once, whatever the change: no need to wait for it to be computed
            if self.refine_threshold >= 255:
                break
            if residues.abs().mean() < self.refine_threshold / 255:
                break
        return frames.view_as(clips)

    def _residues(self, frames: Tensor) -> Tensor:
        """Compute what one cleaning adds to frames (n, 3, h, w), some of them at a time."""
        h, w = frames.shape[-2:]
        together = 1 if self.sequential_cleaning else max(1, CLEANING_BATCH_PX // (h * w))
        parts = (self.image_cleaning(part) for part in torch.split(frames, together))
        return torch.cat([part.float() for part in parts])
