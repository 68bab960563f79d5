"""The precision of the convolutions in training."""

from __future__ import annotations

from contextlib import AbstractContextManager
from dataclasses import dataclass

import torch
from torch import Tensor

TYPES = {"fp32": torch.float32, "bf16": torch.bfloat16, "fp16": torch.float16}


@dataclass(frozen=True, slots=True, kw_only=True)
class MixedPrecision:
    """Runs convolutions in 16 bits, and scales the loss where their range wants it.

    Attributes:
        device: Where the network is.
        dtype: float32, bfloat16 or float16.
        scaler: Scales losses and gradients for float16; else it does nothing.
    """

    device: torch.device
    dtype: torch.dtype
    scaler: torch.amp.GradScaler

    def autocast(self) -> AbstractContextManager[object]:
        """Run what bears it in 16 bits."""
        is_mixed = self.dtype is not torch.float32
        return torch.autocast(self.device.type, self.dtype, enabled=is_mixed)

    def backward(self, loss: Tensor) -> None:
        """Add the gradients of a loss, scaled; of one that is not finite there are none to take.

        They would be computed at positions that are not finite, where torch's `grid_sample` ends
        the process.
        """
        scaled = self.scaler.scale(loss)
        if scaled.isfinite():
            scaled.backward()  # type: ignore[no-untyped-call]  # torch's own method is untyped


def make_precision(name: str, device: torch.device) -> MixedPrecision:
    """Make it of its name in a recipe."""
    scaler = torch.amp.GradScaler(device.type, init_scale=2.0**12, enabled=name == "fp16")
    return MixedPrecision(device=device, dtype=TYPES[name], scaler=scaler)
