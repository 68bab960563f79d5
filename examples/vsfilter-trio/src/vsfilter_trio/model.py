"""From a weights file to a model that vsfilter can call."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from vsfilter.errors import OptionError
from vsfilter.plugin import Precision
from vsfilter.weights import NamedWeights, load_strictly, read_checkpoint, resolve_weights

from .network import Trio

DTYPES: dict[Precision, torch.dtype] = {
    "fp32": torch.float32,
    "bf16": torch.bfloat16,
    "fp16": torch.float16,
}


class TrioModel:
    """A Trio with its weights on a device; its convolutions run in `precision`."""

    scale = Trio.scale

    def __init__(self, module: Trio, *, device: str, precision: Precision) -> None:
        self.module = module.eval().requires_grad_(False).to(device=device)
        self.module.body.to(dtype=DTYPES[precision])

    def restore(self, frames: Tensor, keep: slice = slice(None)) -> Tensor:
        """Restore one run: (t, 3, h, w) to (kept frames, 3, 2 * h, 2 * w)."""
        restored: Tensor = self.module(frames.unsqueeze(0), keep)
        return restored[0]


def create(**options: Any) -> Trio:  # Any: values from a recipe or from the header of a file
    """Make an untrained network.

    Raises:
        OptionError: An option is unknown or has a wrong value.
    """
    for name, value in options.items():
        if name not in ("channels", "blocks"):
            raise OptionError(f"trio has no option {name!r}: choose from blocks, channels")
        if type(value) is not int or value < 1:
            raise OptionError(f"trio option {name} is {value!r}: give a whole number from 1")
    return Trio(**options)


def load(
    weights: str | Path | None,
    known: tuple[NamedWeights, ...],
    *,
    device: str,
    precision: Precision,
) -> TrioModel:
    """Load a file that `vsr train` wrote, or one of the known sets.

    Raises:
        WeightsError: The file is missing, damaged or of another architecture.
    """
    checkpoint = read_checkpoint(resolve_weights(weights, known, backend="trio"))
    options = checkpoint.header.get("options", {})
    module = load_strictly(checkpoint, checkpoint.state, lambda: create(**options), name="trio")
    return TrioModel(module, device=device, precision=precision)
