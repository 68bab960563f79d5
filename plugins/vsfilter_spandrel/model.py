"""A model of spandrel as the engine sees it: one run of frames in, the kept ones out."""

from __future__ import annotations

from typing import TYPE_CHECKING

import torch
from torch import Tensor, nn

from vsfilter.plugin import Precision

if TYPE_CHECKING:
    from spandrel import ImageModelDescriptor


class SpandrelModel:
    """A single-image model with its weights on a device.

    Frames are restored one by one, so memory does not grow with their number. Sides are padded to
    what the model requires by spandrel's own call, which also holds the result to [0, 1].

    Args:
        descriptor: spandrel's record of the model, in float32.
        device: Where it runs.
        precision: Type of the convolutions and matrix products, where spandrel says that the model
            bears it; float32 elsewhere.
    """

    def __init__(
        self, descriptor: ImageModelDescriptor, *, device: str, precision: Precision
    ) -> None:
        self.descriptor = descriptor
        network: nn.Module = descriptor.model
        network.eval().requires_grad_(False).float().to(device)
        _speed_up_convolutions(network)
        network.register_forward_hook(_keep_overflow)
        self._dtype = _choose_dtype(descriptor, precision)
        self._device = torch.device(device)
        # counting GPUs would begin to use them, where a model on the CPU has no need of any
        is_on_gpu = self._device.type == "cuda"
        self._gpus = range(torch.cuda.device_count() if is_on_gpu else 0)

    @property
    def scale(self) -> int:
        """How many times larger the output is."""
        return int(self.descriptor.scale)

    def restore(self, frames: Tensor, keep: slice = slice(None)) -> Tensor:
        """Restore one run: (t, 3, h, w) to (kept frames, 3, scale * h, scale * w)."""
        kept = frames[keep]
        t, _, h, w = kept.shape
        restored = kept.new_empty((t, 3, self.scale * h, self.scale * w))
        for frame, place in zip(kept, restored, strict=True):
            place.copy_(self._restore_frame(frame))
        return restored

    def _restore_frame(self, frame: Tensor) -> Tensor:
        """Restore one frame: (3, h, w) to (3, scale * h, scale * w)."""
        # Autocast, not a network cast to 16 bit: SwinIR, GRL and others that spandrel lists as
        # bearing bf16 fail when cast, and the sum with the input keeps its float32 this way.
        is_low = self._dtype != torch.float32
        with (
            torch.random.fork_rng(devices=self._gpus),
            torch.autocast(self._device.type, self._dtype, enabled=is_low),
        ):
            # AuraSR draws noise: the same for each frame and each run
            if self._device.type == "cpu":
                torch.default_generator.manual_seed(0)  # of no other device, as it is not put back
            else:
                torch.manual_seed(0)
            # a copy: RCAN computes in its input
            restored: Tensor = self.descriptor(frame.unsqueeze(0).clone())
        return restored[0]


def _keep_overflow(_network: nn.Module, _given: object, result: object) -> object:
    """Let infinite values outlive the clamp to [0, 1] behind the network, as no numbers."""
    return result + 0 * result if isinstance(result, Tensor) else result


def _choose_dtype(descriptor: ImageModelDescriptor, precision: Precision) -> torch.dtype:
    """Give the lowest type that both the user and the model allow."""
    if precision == "bf16" and descriptor.supports_bfloat16:
        return torch.bfloat16
    if precision == "fp16" and descriptor.supports_half:
        return torch.float16
    return torch.float32


def _speed_up_convolutions(network: nn.Module) -> None:
    """Lay the weights of a purely convolutional network out as channels_last.

    On a CPU with AMX this makes ESRGAN 4.4 times faster in bf16 and 1.7 times in float32.
    Transformers gain nothing, and some (IPT) reshape features in a way that this layout forbids.
    """
    parts = list(network.modules())
    if any(isinstance(part, nn.Linear) for part in parts):
        return
    for part in parts:
        if isinstance(part, nn.Conv2d):
            part.to(memory_format=torch.channels_last)
