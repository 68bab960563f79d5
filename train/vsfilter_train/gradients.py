"""The gradients of a batch, in as many parts as the memory wants."""

import logging
from collections.abc import Callable

import torch
from torch import Tensor

from vsfilter.errors import TrainingError

from . import processes
from .samples import Batch
from .state import Progress

log = logging.getLogger(__name__)

type AddGradients = Callable[[Tensor, Tensor, float], Tensor]
"""Maps input, ground truth and their share of the batch to their loss times that share, and adds
the gradients of it to the parameters."""


def compute_gradients(
    add: AddGradients,
    clear: Callable[[], None],
    batch: Batch,
    progress: Progress,
    device: torch.device,
) -> float:
    """Compute the gradients of a batch, all at once or in parts.

    When the memory does not suffice, the batch is divided into twice as many parts, from then on:
    the sum of their gradients is that of the whole.

    Args:
        add: Adds the gradients of a part.
        clear: Sets all gradients back.
        batch: What this process has of it.
        progress: Says in how many parts; is changed.
        device: Where the network is.

    Returns:
        The loss, over the batches of all processes.

    Raises:
        TrainingError: The memory does not suffice for one sample.
    """
    while True:
        clear()
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
    lows, highs = batch.low.tensor_split(parts), batch.high.tensor_split(parts)
    for low, high in zip(lows, highs, strict=True):
        if len(low):
            share = len(low) / batch.total
            loss += add(low.to(device), high.to(device), share).detach()
    return loss


def is_out_of_memory(error: Exception) -> bool:
    """Tell whether an error says that memory is lacking; on a CPU torch has no class for it."""
    if isinstance(error, torch.OutOfMemoryError | MemoryError):
        return True
    return "can't allocate memory" in str(error) or "not enough memory" in str(error)
