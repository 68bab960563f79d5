"""Training in several processes, as `torchrun` starts them; alone, each function does nothing.

Gradients are added up by hand rather than by `DistributedDataParallel`: parts of a batch may be of
different sizes, parts of the network frozen, and the sum is the one that one process makes.
"""

from __future__ import annotations

import os
import socket
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from datetime import timedelta

import torch
import torch.distributed as dist
from torch import Tensor, nn

LONGEST_WAIT = timedelta(hours=12)
"""For another process: the first one reads all clips for their hash before the first step."""


def is_shared() -> bool:
    """Tell whether other processes train along."""
    return dist.is_available() and dist.is_initialized()


def rank() -> int:
    """Give the number of this process, from 0."""
    return dist.get_rank() if is_shared() else 0


def count() -> int:
    """Give how many processes train."""
    return dist.get_world_size() if is_shared() else 1


def own(batch: int) -> range:
    """Give the places of a batch whose samples are this process's; there may be none."""
    return range(rank() * batch // count(), (rank() + 1) * batch // count())


def starter() -> str:
    """Name what has started this process; `torchrun` is the same one when it does so again."""
    return f"{socket.gethostname()} {os.getppid()} {os.environ.get('TORCHELASTIC_RUN_ID', '')}"


def was_restarted() -> bool:
    """Tell whether `torchrun` has started this process again after a failure."""
    return int(os.environ.get("TORCHELASTIC_RESTART_COUNT", "0")) > 0


@contextmanager
def joined() -> Iterator[torch.device]:
    """Join the processes that `torchrun` has started; give the device of this one."""
    has_gpu = torch.cuda.is_available()
    local = int(os.environ.get("LOCAL_RANK", "0"))
    device = torch.device("cuda", local % torch.cuda.device_count()) if has_gpu else "cpu"
    if int(os.environ.get("WORLD_SIZE", "1")) == 1:
        yield torch.device(device)
        return
    if has_gpu:
        torch.cuda.set_device(device)
    dist.init_process_group("nccl" if has_gpu else "gloo", timeout=LONGEST_WAIT)
    try:
        yield torch.device(device)
    finally:
        dist.destroy_process_group()


def from_first[Value](make: Callable[[], Value]) -> Value:
    """Make a value in the first process only, and give it to all.

    An error there is raised in all of them.
    """
    if not is_shared():
        return make()
    made: list[object] = [None, None]
    if rank() == 0:
        try:
            made[0] = make()
        except Exception as error:  # noqa: BLE001  # raised below, in every process
            made[1] = error
    dist.broadcast_object_list(made)
    if isinstance(made[1], Exception):
        raise made[1]
    return made[0]  # type: ignore[return-value]  # what the first process has made


def add_up(values: Tensor) -> Tensor:
    """Add up a tensor over all processes, in place."""
    if is_shared():
        dist.all_reduce(values)
    return values


def find_largest(values: Tensor) -> Tensor:
    """Find the largest values over all processes, in place."""
    if is_shared():
        dist.all_reduce(values, dist.ReduceOp.MAX)
    return values


def add_up_gradients(parameters: Sequence[nn.Parameter]) -> None:
    """Add up the gradients of all processes; a process without any counts as zeros."""
    if not is_shared():
        return
    device = parameters[0].device
    has_any = torch.tensor([p.grad is not None for p in parameters], device=device).int()
    dist.all_reduce(has_any, dist.ReduceOp.MAX)
    learning = [p for p, is_there in zip(parameters, has_any.tolist(), strict=True) if is_there]
    for parameter in learning:
        if parameter.grad is None:
            parameter.grad = torch.zeros_like(parameter)
    flat = torch.cat([p.grad.flatten() for p in learning if p.grad is not None])
    dist.all_reduce(flat)
    parts = torch.split(flat, [p.numel() for p in learning])
    for parameter, part in zip(learning, parts, strict=True):
        parameter.grad = part.view_as(parameter)


def is_true_anywhere(value: bool, device: torch.device) -> bool:
    """Tell whether a value is true in any process."""
    if not is_shared():
        return value
    flag = torch.tensor(int(value), device=device)
    dist.all_reduce(flag, dist.ReduceOp.MAX)
    return bool(flag.item())
