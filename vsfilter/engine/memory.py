"""How much memory a device has left, and what to say when it has none."""

from __future__ import annotations

import gc
import sys
from pathlib import Path

import torch

_CGROUP = Path("/sys/fs/cgroup")
_NO_MEMORY = (
    "out of memory",  # "CUDA error: out of memory" of the driver; MPS and XPU
    "can't allocate memory",  # hosts; of Windows the next one
    "not enough memory",
    "_alloc_failed",  # CUBLAS_STATUS_ALLOC_FAILED, CUDNN_STATUS_ALLOC_FAILED, those of ROCm
    "allocation_failed",  # CUDNN_STATUS_INTERNAL_ERROR_DEVICE_ALLOCATION_FAILED
)
"""What torch says in errors that have no type of their own, in lower case."""


def free_bytes(device: str, *, sharers: int = 1) -> int:
    """Give the memory that a process may still take.

    On the CPU that is the least of its share of what the machine and its container have, and of
    what the limit of its own address space leaves.

    Args:
        device: A torch device. Of other devices than CPUs and CUDA's nothing is known: they get the
            host's figure.
        sharers: Processes that take as much of the machine's memory as this one, which is among
            them. A GPU has one.
    """
    if torch.device(device).type == "cuda":
        free, _ = torch.cuda.mem_get_info(device)
        kept = torch.cuda.memory_reserved(device) - torch.cuda.memory_allocated(device)
        return free + kept
    import psutil  # machines that only train have none, and ask only what an error means

    shared = [int(psutil.virtual_memory().available)]
    if (left := _left_in_container()) is not None:
        shared.append(left)
    found = [min(shared) // sharers]
    if sys.platform == "linux":
        limit = psutil.Process().rlimit(psutil.RLIMIT_AS)[0]
        if limit != psutil.RLIM_INFINITY:
            found.append(limit - int(psutil.Process().memory_info().vms))
    return max(0, min(found))


def is_out_of_memory(error: BaseException) -> bool:
    """Tell whether an error says that memory is used up: torch has no one type for that."""
    if isinstance(error, MemoryError | torch.OutOfMemoryError):
        return True
    text = str(error).lower()
    return isinstance(error, RuntimeError) and any(words in text for words in _NO_MEMORY)


def release(device: str) -> None:
    """Give back what a failed call has left behind."""
    gc.collect()
    if torch.device(device).type == "cuda":
        torch.cuda.empty_cache()


def _left_in_container() -> int | None:
    """Give what the limit of a container (cgroup v2) leaves; None where there is no limit."""
    try:
        limit = int((_CGROUP / "memory.max").read_text())
        used = int((_CGROUP / "memory.current").read_text())
        stat = (_CGROUP / "memory.stat").read_text().split()
    except (OSError, ValueError):  # no container, or "max"
        return None
    cached = dict(zip(stat[::2], stat[1::2], strict=True)).get("inactive_file", "0")
    return limit - used + int(cached)
