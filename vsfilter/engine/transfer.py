"""Pictures to a model's device and back.

A GPU reads and writes memory of the host that is pinned without a copy in between, and while it
computes; torch keeps such memory for the next window.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor


def send(pictures: Sequence[NDArray[np.float32]], device: str) -> Tensor:
    """Bring pictures of one size to a device.

    Args:
        pictures: (3, h, w) each, float32.
        device: A torch device.

    Returns:
        (t, 3, h, w), float32, in memory of its own.
    """
    on_host = _empty((len(pictures), *pictures[0].shape), device)
    np.stack(pictures, out=on_host.numpy())
    return on_host.to(device, non_blocking=_is_gpu(device))


def fetch(restored: Sequence[Tensor], device: str) -> NDArray[np.float32]:
    """Bring runs of pictures back, one after the other.

    Args:
        restored: (t, 3, h, w) each, float32, of one size.
        device: The torch device that holds them.

    Returns:
        (all of t, 3, h, w), float32, in memory of its own: a model may use its own again.
    """
    on_host = _empty((sum(len(run) for run in restored), *restored[0].shape[1:]), device)
    at = 0
    for run in restored:
        on_host[at : at + len(run)].copy_(run, non_blocking=_is_gpu(device))
        at += len(run)
    if _is_gpu(device):
        torch.cuda.current_stream(device).synchronize()
    return on_host.numpy()


def _empty(shape: Sequence[int], device: str) -> Tensor:
    return torch.empty(shape, dtype=torch.float32, pin_memory=_is_gpu(device))


def _is_gpu(device: str) -> bool:
    return torch.device(device).type == "cuda"
