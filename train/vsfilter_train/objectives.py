"""What a training makes small: objectives that add the gradients of a part of a batch."""

from __future__ import annotations

from dataclasses import dataclass

from torch import Tensor, nn

from .losses import Cleaning, charbonnier, cleaning_error, photometric, shrunk
from .precision import MixedPrecision
from .samples import Batch
from .settings import LossSettings


@dataclass(frozen=True, slots=True, kw_only=True)
class FlowObjective:
    """The flow alone: how badly it explains each frame by its neighbours.

    Attributes:
        flow: The flow network.
        settings: Of the losses.
        precision: Of the convolutions.
    """

    flow: nn.Module
    settings: LossSettings
    precision: MixedPrecision

    def __call__(self, part: Batch, share: float) -> Tensor:
        """Add the gradients of a part; see `AddGradients`."""
        # the flow of a network that cleans its input sees cleaned frames
        seen = shrunk(part.high, part.low) if self.settings.cleaning else part.low
        with self.precision.autocast():
            loss = photometric(self.flow, seen) * share
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
    if settings.centre:
        middle = slice(low.shape[1] // 2, low.shape[1] // 2 + 1)
        restored = module(low, middle)
        return charbonnier(restored, high[:, middle], epsilon=settings.epsilon), restored
    if not settings.cleaning or not isinstance(module, Cleaning):
        restored = module(low)
        return charbonnier(restored, high, epsilon=settings.epsilon), restored
    cleaned = module.clean(low)
    restored = module.restore_cleaned(cleaned)
    loss = charbonnier(restored, high, epsilon=settings.epsilon)
    return loss + settings.cleaning * cleaning_error(cleaned, high), restored
