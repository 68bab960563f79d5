"""The gradients of a batch, in as many parts as the memory wants."""

import logging
import math
from collections.abc import Callable, Sequence

import torch
from torch import Tensor, nn
from torch.optim import Optimizer

from vsfilter.engine.memory import is_out_of_memory
from vsfilter.errors import TrainingError

from . import processes
from .batch import Batch
from .state import Progress

log = logging.getLogger(__name__)

type AddGradients = Callable[[Batch, float], Tensor]
"""Maps a part of a batch and its share of the whole to its loss times that share, and adds the
gradients of it to the parameters."""


def compute_gradients(
    add: AddGradients,
    optimizers: Sequence[Optimizer],
    batch: Batch,
    progress: Progress,
    device: torch.device,
) -> float:
    """Compute the gradients of a batch, all at once or in parts.

    When the memory does not suffice, the batch is divided into twice as many parts, from then on:
    the sum of their gradients is that of the whole.

    Args:
        add: Adds the gradients of a part.
        optimizers: Of all that learns.
        batch: What this process has of it.
        progress: Says in how many parts; is changed.
        device: Where the network is.

    Returns:
        The loss, over the batches of all processes.

    Raises:
        TrainingError: The memory does not suffice for one sample.
    """
    while True:
        for optimizer in optimizers:
            optimizer.zero_grad()
        is_full = False
        try:
            loss = _add_parts(add, batch, progress.parts, device)
        except (RuntimeError, MemoryError) as error:
            if not is_out_of_memory(error):
                raise
            is_full = True
        # the memory is free only after the handler has let go of the error
        if not processes.is_true_anywhere(is_full, device):
            return float(processes.add_up(loss).item())
        if progress.parts >= batch.total:
            raise TrainingError(
                "the memory does not suffice for one sample: set a smaller data.patch or fewer "
                "data.frames"
            )
        progress.parts = min(2 * progress.parts, batch.total)
        log.warning(
            "out of memory: from here on a batch of %d is divided into %d parts",
            batch.total,
            progress.parts,
        )
        if device.type == "cuda":
            torch.cuda.empty_cache()


def _add_parts(add: AddGradients, batch: Batch, parts: int, device: torch.device) -> Tensor:
    """Add the gradients of all parts; give the loss, (), float32."""
    loss = torch.zeros((), device=device)
    for part in batch.split(parts):
        if len(part.low):
            loss += add(part.to(device), len(part.low) / batch.total).detach()
    return loss


def finish_gradients(
    optimizers: Sequence[Optimizer], scaler: torch.amp.GradScaler, loss: float, *, limit: float
) -> float:
    """Add up the gradients of all processes, take the scale off, and limit those of the first.

    Args:
        optimizers: Of the network, then of whatever else learns.
        scaler: Has scaled them.
        loss: Over the batches of all processes.
        limit: Largest norm of the network's gradient.

    Returns:
        The norm of the network's gradient; NaN when any gradient, or the loss, is not finite.
    """
    if not math.isfinite(loss):
        return math.nan
    norms = []
    for number, optimizer in enumerate(optimizers):
        parameters = [p for group in optimizer.param_groups for p in group["params"]]
        processes.add_up_gradients(parameters)
        scaler.unscale_(optimizer)
        norm = nn.utils.clip_grad_norm_(parameters, math.inf if number else limit)
        norms.append(float(norm.item()))
    return norms[0] if all(map(math.isfinite, norms)) else math.nan
