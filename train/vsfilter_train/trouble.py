"""What goes wrong in a step: values that are not finite, deformable convolutions gone astray."""

import json
import logging
import math
from pathlib import Path

import torch
from safetensors.torch import save
from torch import Tensor, nn

from . import processes
from .batch import Batch

log = logging.getLogger(__name__)


class OffsetWatch:
    """Watches how far the deformable convolutions of a network look.

    They are known by their child `conv_offset`, of whose channels the first two thirds are
    offsets: EDVR's and its descendants'. The offsets of BasicVSR++ are bounded; here they count
    as they are before that.

    Args:
        module: The network.
        device: Where it is.
    """

    def __init__(self, module: nn.Module, device: torch.device) -> None:
        self._device = device
        self._means: list[Tensor] = []
        watched = [m for name, m in module.named_modules() if name.split(".")[-1] == "conv_offset"]
        self._is_idle = not watched
        for part in watched:
            part.register_forward_hook(self._note)

    def _note(self, _part: nn.Module, _inputs: object, output: Tensor) -> None:
        if torch.is_grad_enabled():  # not while the network is measured
            offsets = output.detach()[:, : output.shape[1] // 3 * 2]
            self._means.append(offsets.abs().float().mean())

    def take(self) -> float:
        """Give the largest mean offset of all processes since the last call, in px.

        It is the same in all of them: a step that one alone did not take would part their weights.
        """
        if self._is_idle:
            return 0.0
        means, self._means = self._means, []
        own = torch.stack(means).max() if means else torch.zeros((), device=self._device)
        return float(processes.find_largest(own).item())


def find_trouble(loss: float, norm: float, offset: float, *, offset_limit: float) -> str | None:
    """Say what is wrong with a step, or None.

    Args:
        loss: Its loss.
        norm: Norm of its gradient.
        offset: Largest mean offset of a deformable convolution, in px.
        offset_limit: The largest that is right.
    """
    if not math.isfinite(loss) or not math.isfinite(norm):
        return f"loss {loss:g}, gradient {norm:g}"
    if offset > offset_limit:
        return f"deformable convolutions look {offset:.0f} px away"
    return None


def keep_batch(folder: Path, step: int, batch: Batch, trouble: str, *, most: int) -> None:
    """Write the batch of a bad step as a safetensors file: `low`, `high`, and why.

    Args:
        folder: Where to; made when missing.
        step: Number of the step.
        batch: What this process has of the batch.
        trouble: What was wrong.
        most: Files after which nothing more is written.
    """
    path = folder / f"step_{step:08}_{processes.rank()}.safetensors"
    if len(list(folder.glob("*.safetensors"))) >= most:
        return
    try:
        folder.mkdir(exist_ok=True)
        about = {"vsfilter": json.dumps({"step": step, "trouble": trouble})}
        tensors = {"low": batch.low.contiguous(), "high": batch.high.contiguous()}
        path.write_bytes(save(tensors, about))
    except OSError as error:
        log.warning("the batch of step %d cannot be kept for study: %s", step, error)
