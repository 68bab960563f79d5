"""How many workers there are, and what each gets. No GPU is needed to say that."""

import pytest

from vsfilter.cluster.resources import share_out
from vsfilter.cluster.worker_place import WorkerPlace
from vsfilter.errors import DeviceError, OptionError, WorkerError

CLUSTER = WorkerPlace(address="auto")
PLAIN = [{"CPU": 16.0}, {"CPU": 6.0}]
MIXED = [{"CPU": 16.0, "GPU": 2.0}, {"CPU": 8.0, "GPU": 1.0}, {"CPU": 64.0}]


def shared(nodes, place=CLUSTER, device="auto", threads=4):
    share = share_out(nodes, place, device=device, threads=threads)
    return share.workers, dict(share.each)


def test_the_memory_of_the_machine_with_most_workers_is_what_each_has_a_part_of():
    def neighbours(nodes, place=CLUSTER):
        return share_out(nodes, place, device="auto", threads=4).on_one_machine

    assert neighbours(PLAIN) == 4
    assert neighbours(PLAIN, WorkerPlace(count=3)) == 3
    assert neighbours(MIXED) == 2


def test_a_worker_has_as_many_cpus_of_one_machine_as_its_model_has_threads():
    assert shared(PLAIN) == (5, {"num_cpus": 4})
    assert shared(PLAIN, threads=16) == (1, {"num_cpus": 16})
    assert shared(PLAIN, WorkerPlace(count=3)) == (3, {"num_cpus": 1})
    with pytest.raises(WorkerError, match="has 17 CPUs for a worker"):
        shared(PLAIN, threads=17)


def test_each_gpu_has_one_worker_where_there_are_gpus():
    for device in ("auto", "cuda"):
        assert shared(MIXED, device=device) == (3, {"num_gpus": 1, "num_cpus": 0})
    assert shared(MIXED, WorkerPlace(count=2)) == (2, {"num_gpus": 1, "num_cpus": 0})
    assert shared(MIXED, device="cpu") == (22, {"num_cpus": 4})
    with pytest.raises(OptionError, match="there are 3 GPUs"):
        shared(MIXED, WorkerPlace(count=4))


def test_a_gpu_that_is_not_there_or_is_named_is_refused():
    with pytest.raises(DeviceError, match="have no GPU"):
        shared(PLAIN, device="cuda")
    with pytest.raises(OptionError, match="give cuda"):
        shared(MIXED, device="cuda:1")
