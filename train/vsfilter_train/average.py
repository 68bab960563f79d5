"""The moving average of a network's weights, which is what a training keeps."""

from __future__ import annotations

from torch import Tensor, nn
from torch.optim.swa_utils import AveragedModel, get_ema_multi_avg_fn

type Tensors = tuple[Tensor, ...] | list[Tensor]


def make_average(module: nn.Module, decay: float) -> AveragedModel:
    """Make an average of the weights as they are; see `soon`."""

    def update(averaged: Tensors, current: Tensors, count: Tensor | int) -> None:
        step = get_ema_multi_avg_fn(soon(decay, int(count)))  # type: ignore[no-untyped-call]  # torch's own function is untyped
        step(averaged, current, count)

    return AveragedModel(module, multi_avg_fn=update)


def begin_anew(average: AveragedModel, module: nn.Module) -> None:
    """Forget all but the weights as they are."""
    average.module.load_state_dict(module.state_dict())
    average.n_averaged.zero_()


def soon(decay: float, count: int) -> float:
    """Give the decay after `count` updates, which rises to its full value.

    Else a third of the weights with which a training began would still be in the average after
    1,000 steps at 0.999. The rule is that of TensorFlow's `ExponentialMovingAverage`.
    """
    return min(decay, (1 + count) / (10 + count))
