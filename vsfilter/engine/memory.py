"""How much memory a device has left, and what to say when it has none."""

from __future__ import annotations

import gc
import sys
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

import torch

_CGROUP = Path("/sys/fs/cgroup")
_OWN_CGROUPS = Path("/proc/self/cgroup")


@dataclass(frozen=True, slots=True, kw_only=True)
class _Names:
    """How a version of control groups names its files, and what it may drop at once."""

    limit: str
    used: str
    cached: str


_V1 = _Names(
    limit="memory.limit_in_bytes", used="memory.usage_in_bytes", cached="total_inactive_file"
)
_V2 = _Names(limit="memory.max", used="memory.current", cached="inactive_file")
_NO_MEMORY = (
    "out of memory",  # "CUDA error: out of memory" of the driver; MPS and XPU
    "can't allocate memory",  # hosts; of Windows the next one
    "not enough memory",
    "_alloc_failed",  # CUBLAS_STATUS_ALLOC_FAILED, CUDNN_STATUS_ALLOC_FAILED, those of ROCm
    "unable to find an engine",  # cuDNN, which has tried ways that need less
    "cublas_status_not_initialized",  # it had no room for its workspace
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
    """Give what the limits of containers and jobs leave; None where there is no limit.

    A limit of a group holds for all groups within it, as systemd and SLURM make them.
    """
    found = [left for group in _groups() if (left := _left_in(*group)) is not None]
    return min(found, default=None)


def _groups() -> Iterator[tuple[Path, _Names]]:
    """Give the folder of each control group that this process is in, outermost ones too."""
    lines = ["0::/"]  # in a container of its own a process may not be told where it is
    with suppress(OSError):
        lines += _OWN_CGROUPS.read_text().splitlines()
    for line in lines:
        _, controllers, path = line.split(":", 2)
        is_memory = "memory" in controllers.split(",")
        if controllers and not is_memory:
            continue
        base = _CGROUP / "memory" if is_memory else _CGROUP
        inner = PurePosixPath(path.lstrip("/"))
        for each in (inner, *inner.parents):
            yield base / each, _V1 if is_memory else _V2


def _left_in(group: Path, names: _Names) -> int | None:
    try:
        limit = int((group / names.limit).read_text())
        used = int((group / names.used).read_text())
        stat = (group / "memory.stat").read_text().split()
    except (OSError, ValueError):  # no such group, or "max"
        return None
    cached = dict(zip(stat[::2], stat[1::2], strict=True)).get(names.cached, "0")
    return limit - used + int(cached)
