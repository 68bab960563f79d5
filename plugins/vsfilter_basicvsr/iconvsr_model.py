"""IconVSR as the engine sees it: one run of frames in, the kept ones out."""

from torch import Tensor

from vsfilter.plugin import Precision

from .iconvsr import IconVSR
from .model import place


class IconVSRModel:
    """An IconVSR with its weights on a device.

    All convolutions but those of the flow run in `precision`. The flow, the positions at which
    the deformable convolutions sample, the warping and the last sum stay in float32.

    Args:
        module: The network in float32.
        device: Where it runs.
        precision: Type of the convolutions that bear it.
    """

    def __init__(self, module: IconVSR, *, device: str, precision: Precision) -> None:
        self.module = module
        parts = [part for name, part in module.named_children() if name != "spynet"]
        place(module, parts, device=device, precision=precision)

    @property
    def scale(self) -> int:
        """How many times larger the output is."""
        return self.module.scale

    def restore(self, frames: Tensor, keep: slice = slice(None)) -> Tensor:
        """Restore one run: (t, 3, h, w) to (kept frames, 3, scale * h, scale * w)."""
        restored: Tensor = self.module(frames.unsqueeze(0), keep)
        return restored[0]
