"""EDVR as the engine sees it: one run of frames in, the kept ones out."""

import logging

import torch
from torch import Tensor

from vsfilter.plugin import Precision

from .edvr import EDVR

logger = logging.getLogger(__name__)

DTYPES: dict[Precision, torch.dtype] = {
    "fp32": torch.float32,
    "bf16": torch.bfloat16,
    "fp16": torch.float16,
}
FAR_PX = 100
"""Mean absolute offset from which the alignment has lost its way, in px of its level."""


class EdvrModel:
    """An EDVR with its weights on a device.

    All convolutions run in `precision`. Positions, sampling, the frames' likeness and the sum with
    the upsampled input stay in float32.

    Args:
        module: The network in float32.
        device: Where it runs.
        precision: Type of the convolutions.
    """

    def __init__(self, module: EDVR, *, device: str, precision: Precision) -> None:
        self.module = module.eval().requires_grad_(False)
        self.module.to(device=device, memory_format=torch.channels_last)  # type: ignore[call-overload]  # torch's stubs lack this form
        self.module.to(DTYPES[precision])

    @property
    def scale(self) -> int:
        """How many times larger the output is."""
        return self.module.scale

    def restore(self, frames: Tensor, keep: slice = slice(None)) -> Tensor:
        """Restore one run: (t, 3, h, w) to (kept frames, 3, scale * h, scale * w).

        A window whose offsets are too large to be true is reported once, as a warning.
        """
        restored, distances = self.module.restore_windows(frames.unsqueeze(0), keep)
        if distances.numel() > 0 and (farthest := distances.amax().item()) > FAR_PX:
            count = int((distances > FAR_PX).sum())
            logger.warning(
                "EDVR looks %.0f px away on average in %d of %d frames of this window: "
                "expect ghosts there (more than %d px is no motion)",
                farthest,
                count,
                len(distances),
                FAR_PX,
            )
        return restored[0]


class TwoStages:
    """Two models in a row: the second one restores the output of the first.

    Wang et al., EDVR, section 3.4: a second network refines what the first one made.

    Args:
        first: Sees the input.
        second: Sees what `first` makes of it.
    """

    def __init__(self, first: EdvrModel, second: EdvrModel) -> None:
        self.first = first
        self.second = second

    @property
    def scale(self) -> int:
        """How many times larger the output is."""
        return self.first.scale * self.second.scale

    def restore(self, frames: Tensor, keep: slice = slice(None)) -> Tensor:
        """Restore one run: (t, 3, h, w) to (kept frames, 3, scale * h, scale * w).

        The first model restores just those frames that the second one looks at.
        """
        t = len(frames)
        start, stop, _ = keep.indices(t)
        needed = [frame for window in self.second.module.windows(t, keep) for frame in window]
        if not needed:
            return self.second.restore(self.first.restore(frames, keep))
        low, high = min(needed), max(needed) + 1
        refined = self.first.restore(frames, slice(low, high))
        return self.second.restore(refined, slice(start - low, stop - low))
