"""RealBasicVSR as the engine sees it: one run of frames in, the kept ones out."""

from torch import Tensor

from vsfilter.plugin import Precision
from vsfilter_basicvsr.model import low_precision_parts, place

from .realbasicvsr import RealBasicVSR


class RealBasicVSRModel:
    """A RealBasicVSR with its weights on a device.

    The cleaning module and BasicVSR's convolutions run in `precision`; what cleaning adds to the
    frames, the flow, the warping and the last sum stay in float32. How often the frames are
    cleaned depends on the frames of the run alone.

    Args:
        module: The network in float32.
        device: Where it runs.
        precision: Type of the convolutions that bear it.
    """

    def __init__(self, module: RealBasicVSR, *, device: str, precision: Precision) -> None:
        self.module = module
        parts = [module.image_cleaning, *low_precision_parts(module.basicvsr)]
        place(module, parts, device=device, precision=precision)

    @property
    def scale(self) -> int:
        """How many times larger the output is."""
        return self.module.scale

    def restore(self, frames: Tensor, keep: slice = slice(None)) -> Tensor:
        """Restore one run: (t, 3, h, w) to (kept frames, 3, scale * h, scale * w)."""
        restored: Tensor = self.module(frames.unsqueeze(0), keep)
        return restored[0]
