"""How many workers a cluster has room for, and what each of them gets."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from vsfilter.cluster.worker_place import WorkerPlace
from vsfilter.errors import DeviceError, OptionError, WorkerError


@dataclass(frozen=True, slots=True, kw_only=True)
class Share:
    """What workers get.

    Attributes:
        workers: How many there are.
        each: What each has, in Ray's words.
        on_one_machine: Most of them that are on the same machine, and share its memory.
    """

    workers: int
    each: Mapping[str, float]
    on_one_machine: int


def share_out(
    nodes: Sequence[Mapping[str, float]], place: WorkerPlace, *, device: str, threads: int
) -> Share:
    """Give each worker a GPU of its own, or as many CPUs as its model has threads.

    Args:
        nodes: What each machine has, in Ray's words: {"CPU": 16.0, "GPU": 2.0}.
        place: Where the workers are, and maybe how many.
        device: What the user wants to compute on: "auto", "cpu", "cuda".
        threads: Threads of a worker's model on a CPU.

    Raises:
        OptionError: One GPU is named, or there are fewer than workers.
        DeviceError: There is no GPU.
        WorkerError: No machine has so many CPUs.
    """
    gpus_of = [int(node.get("GPU", 0)) for node in nodes]
    gpus, count = sum(gpus_of), place.count
    if device.startswith("cuda:"):
        raise OptionError(f"device is {device!r}: each worker has a GPU of its own: give cuda")
    if device == "cuda" and not gpus:
        raise DeviceError(f"device is 'cuda', but workers at {place} have no GPU: give cpu")
    if gpus and device in ("auto", "cuda"):
        if count is not None and count > gpus:
            raise OptionError(
                f"workers is {count}, but there are {gpus} GPUs: give {gpus}, or --device cpu"
            )
        return Share(
            workers=count or gpus,
            each={"num_gpus": 1, "num_cpus": 0},
            on_one_machine=count or max(gpus_of),
        )
    if count is not None:
        return Share(workers=count, each={"num_cpus": 1}, on_one_machine=count)
    fitting = [int(node.get("CPU", 0) // threads) for node in nodes]
    if not any(fitting):
        raise WorkerError(
            f"no machine of the cluster at {place} has {threads} CPUs for a worker: give fewer "
            "--threads"
        )
    return Share(workers=sum(fitting), each={"num_cpus": threads}, on_one_machine=max(fitting))
