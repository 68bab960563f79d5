"""What a training makes small: objectives that add the gradients of a part of a batch."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor, nn

from .batch import Batch
from .known_motion import move
from .losses import (
    Cleaning,
    CoarseToFine,
    charbonnier,
    cleaning_error,
    colour_shift,
    flow_error,
    missing_detail,
)
from .precision import MixedPrecision
from .settings import LossSettings

APART = 3
"""Of so many frames one is taken to be moved: neighbours look alike."""


@dataclass(frozen=True, slots=True, kw_only=True)
class FlowObjective:
    """The flow alone: how far it is from that of pictures which are moved by a known one.

    Attributes:
        flow: The flow network.
        precision: Of the convolutions.
    """

    flow: nn.Module
    precision: MixedPrecision

    def __call__(self, part: Batch, share: float) -> Tensor:
        """Add the gradients of a part; see `AddGradients`."""
        scale = part.high.shape[-1] // part.low.shape[-1]
        moved = [
            move(stills, scale=scale, seed=seed)
            for stills, seed in zip(part.high[:, ::APART], part.seeds.tolist(), strict=True)
        ]
        first, second, truth = (
            torch.cat([getattr(each, name) for each in moved])
            for name in ("first", "second", "flow")
        )
        with self.precision.autocast():
            if isinstance(self.flow, CoarseToFine):
                flows = self.flow.refine(first, second)
            else:
                flows = [self.flow(first, second)]
            loss = flow_error(flows, truth) * share
        self.precision.backward(loss)
        return loss.detach()


@dataclass(frozen=True, slots=True, kw_only=True)
class Regression:
    """How far a restored clip is from the ground truth, and its cleaned input if that counts.

    Attributes:
        module: The network.
        settings: Of the losses.
        precision: Of the convolutions.
    """

    module: nn.Module
    settings: LossSettings
    precision: MixedPrecision

    def __call__(self, part: Batch, share: float) -> Tensor:
        """Add the gradients of a part; see `AddGradients`."""
        with self.precision.autocast():
            loss = share * restoration_loss(self.module, part.low, part.high, self.settings)[0]
        self.precision.backward(loss)
        return loss.detach()


def restoration_loss(
    module: nn.Module, low: Tensor, high: Tensor, settings: LossSettings
) -> tuple[Tensor, Tensor]:
    """Compute the loss of a clip, and the restored clip."""
    loss = low.new_zeros(())
    if settings.centre:
        middle = slice(low.shape[1] // 2, low.shape[1] // 2 + 1)
        restored = module(low, middle)
        low, high = low[:, middle], high[:, middle]
    elif settings.cleaning and isinstance(module, Cleaning):
        cleaned = module.clean(low)
        restored = module.restore_cleaned(cleaned)
        loss = settings.cleaning * cleaning_error(cleaned, high)
    else:
        restored = module(low)
    if settings.detail:
        loss = loss + settings.detail * missing_detail(restored, high)
    if settings.colours:
        loss = loss + settings.colours * colour_shift(restored, low)
    return loss + charbonnier(restored, high, epsilon=settings.epsilon), restored
