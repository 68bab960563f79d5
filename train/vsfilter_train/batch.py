"""What one training step sees."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from .pairs import Patches


@dataclass(frozen=True, slots=True, kw_only=True)
class Batch:
    """What one training step sees.

    Attributes:
        low: (b, t, 3, h, w), float32, RGB in [0, 1].
        high: (b, t, 3, scale * h, scale * w), float32, RGB in [0, 1].
        seeds: (b,), int64: whole numbers from 0 for what chance decides later.
        total: Samples of the step in all processes; b of them are here, maybe none.
        truth: As `high`, before it was sharpened; None where that is not needed.
    """

    low: Tensor
    high: Tensor
    seeds: Tensor
    total: int
    truth: Tensor | None = None

    def split(self, parts: int) -> list[Batch]:
        """Divide it into so many parts, of which some may be empty."""
        none = [None] * parts
        truths = none if self.truth is None else self.truth.tensor_split(parts)
        tensors = (each.tensor_split(parts) for each in (self.low, self.high, self.seeds))
        return [
            replace(self, low=low, high=high, seeds=seeds, truth=truth)
            for low, high, seeds, truth in zip(*tensors, truths, strict=True)
        ]

    def to(self, device: torch.device) -> Batch:
        """Give it on a device."""
        truth = None if self.truth is None else self.truth.to(device)
        return replace(self, low=self.low.to(device), high=self.high.to(device), truth=truth)


def make_batch(samples: Sequence[tuple[int, Patches]], *, number: int, total: int) -> Batch:
    """Make a batch of its samples, maybe of none, each with its place among `total`."""
    if not samples:
        none = torch.empty(0)
        return Batch(low=none, high=none, seeds=none.long(), total=total)
    places, patches = zip(*samples, strict=True)
    truths = [each.truth for each in patches if each.truth is not None]
    return Batch(
        low=to_tensor(np.stack([each.low for each in patches])),
        high=to_tensor(np.stack([each.high for each in patches])),
        seeds=number * total + torch.tensor(places),
        total=total,
        truth=to_tensor(np.stack(truths)) if truths else None,
    )


def to_tensor(clips: NDArray[np.uint8]) -> Tensor:
    """Turn (b, t, h, w, 3) uint8 into (b, t, 3, h, w) float32 in [0, 1]."""
    return torch.from_numpy(np.ascontiguousarray(clips.transpose(0, 1, 4, 2, 3))).float() / 255
