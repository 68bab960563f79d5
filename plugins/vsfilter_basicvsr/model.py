"""The recurrent networks as the engine sees them: one run of frames in, the kept ones out."""

from collections.abc import Iterable

import torch
from torch import Tensor, nn

from vsfilter.plugin import Precision

from .basicvsr import BasicVSR
from .basicvsrpp import BasicVSRPlusPlus
from .iconvsr import IconVSR
from .spynet import SpyNet

DTYPES: dict[Precision, torch.dtype] = {
    "fp32": torch.float32,
    "bf16": torch.bfloat16,
    "fp16": torch.float16,
}


def place(
    module: nn.Module, parts: Iterable[nn.Module], *, device: str, precision: Precision
) -> None:
    """Put a network on a device for restoring, and its `parts` into a lower precision."""
    module.eval().requires_grad_(False)
    module.to(device=device, memory_format=torch.channels_last)  # type: ignore[call-overload]  # torch's stubs lack this form
    for part in parts:
        part.to(DTYPES[precision])


def low_precision_parts(module: nn.Module) -> list[nn.Module]:
    """Give the parts that bear 16 bit: all but what prepares the pictures for the flow."""
    return [part.basic_module if isinstance(part, SpyNet) else part for part in module.children()]


class RecurrentModel:
    """A BasicVSR, IconVSR or BasicVSR++ with its weights on a device.

    All convolutions run in `precision`. The flow that they refine, the positions at which features
    are sampled, the warping and the sum with the upsampled input stay in float32.

    Args:
        module: The network in float32.
        device: Where it runs.
        precision: Type of the convolutions that bear it.
    """

    def __init__(
        self,
        module: BasicVSR | IconVSR | BasicVSRPlusPlus,
        *,
        device: str,
        precision: Precision,
    ) -> None:
        self.module = module
        place(module, low_precision_parts(module), device=device, precision=precision)

    @property
    def scale(self) -> int:
        """How many times larger the output is."""
        return self.module.scale

    def restore(self, frames: Tensor, keep: slice = slice(None)) -> Tensor:
        """Restore one run: (t, 3, h, w) to (kept frames, 3, scale * h, scale * w)."""
        restored: Tensor = self.module(frames.unsqueeze(0), keep)
        return restored[0]
