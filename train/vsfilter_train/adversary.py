"""The second stage of RealBasicVSR's training: against a discriminator."""

from __future__ import annotations

from dataclasses import dataclass

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from vsfilter.errors import OptionError

from .batch import Batch
from .discriminator import UNetDiscriminator
from .objectives import restoration_loss
from .perceptual import Perceptual, find_vgg
from .precision import MixedPrecision
from .settings import AdversarialSettings, LossSettings


@dataclass(frozen=True, slots=True, kw_only=True)
class Adversary:
    """The discriminator, what trains it, and what helps it judge.

    Attributes:
        network: The discriminator.
        optimizer: Its optimiser.
        perceptual: The perceptual loss, or None.
        settings: Its settings.
    """

    network: nn.Module
    optimizer: torch.optim.Optimizer
    perceptual: Perceptual | None
    settings: AdversarialSettings

    def set_rate(self, share: float) -> None:
        """Set its learning rate to a share of the highest."""
        for group in self.optimizer.param_groups:
            group["lr"] = self.settings.rate * share


def make_adversary(settings: AdversarialSettings, device: torch.device, *, patch: int) -> Adversary:
    """Make the discriminator.

    Args:
        settings: Its settings.
        device: Where it is.
        patch: Side of the restored frames that it sees, in px.

    Raises:
        OptionError: The perceptual loss lacks its file, or the frames do not fit.
        WeightsError: The file is another.
    """
    if patch % 8:
        raise OptionError(f"the discriminator sees {patch} px a side: multiples of 8 are needed")
    perceptual = Perceptual(find_vgg(settings.vgg)).to(device) if settings.perceptual else None
    network = UNetDiscriminator(settings.width)
    network.to(device=device, memory_format=torch.channels_last)  # type: ignore[call-overload]  # torch's stubs lack this form
    optimizer = torch.optim.Adam(network.parameters(), lr=settings.rate, betas=(0.9, 0.99))
    return Adversary(network=network, optimizer=optimizer, perceptual=perceptual, settings=settings)


@dataclass(frozen=True, slots=True, kw_only=True)
class AdversarialObjective:
    """Restored frames shall be near the ground truth, and pass for real; both sides learn.

    Where the ground truth is sharpened, they shall be near that, but the discriminator is shown it
    as it was, as in the official training of RealBasicVSR (`is_use_sharpened_gt_in_gan=False`).

    Attributes:
        module: The network.
        adversary: The other side.
        settings: Of the losses that need no discriminator.
        precision: Of the convolutions.
    """

    module: nn.Module
    adversary: Adversary
    settings: LossSettings
    precision: MixedPrecision

    def __call__(self, part: Batch, share: float) -> Tensor:
        """Add the gradients of a part; see `AddGradients`."""
        network, weights = self.adversary.network, self.adversary.settings

        # the network: judged by a discriminator that does not learn from it
        network.requires_grad_(False)
        with self.precision.autocast():
            loss, restored = restoration_loss(self.module, part.low, part.high, self.settings)
            skipped = part.high.shape[1] // 2 if self.settings.centre else 0
            kept = slice(skipped, skipped + restored.shape[1])
            fake, target = restored.flatten(0, 1), part.high[:, kept].flatten(0, 1)
            judgements, features = network(fake)
            loss = loss + weights.weight * _judged(judgements, is_real=True)
            if self.adversary.perceptual is not None:
                loss = loss + weights.perceptual * self.adversary.perceptual(fake, target)
            if weights.feature_matching:
                wanted = network(target)[1]
                pairs = zip(features, wanted, strict=True)
                distance = sum(((a - b).abs().mean() for a, b in pairs), loss.new_zeros(()))
                loss = loss + weights.feature_matching * distance / len(wanted)
        self.precision.backward(loss * share)

        # the discriminator: what is real is not sharpened
        truth = part.high if part.truth is None else part.truth
        real = truth[:, kept].flatten(0, 1)
        network.requires_grad_(True)
        with self.precision.autocast():
            judged = _judged(network(real)[0], is_real=True)
            judged = judged + _judged(network(fake.detach())[0], is_real=False)
        self.precision.backward(judged * share)
        return (loss * share).detach()


def _judged(judgements: Tensor, *, is_real: bool) -> Tensor:
    """Compute how wrong judgements are."""
    judgements = judgements.float()
    wanted = torch.ones_like(judgements) if is_real else torch.zeros_like(judgements)
    return F.binary_cross_entropy_with_logits(judgements, wanted)
