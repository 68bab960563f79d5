"""Trains with one process and with three: `forked_training.py RECIPE OUT KEY=VALUE...`.

The processes get what `torchrun` gives them, but are forked, so that torch is imported once.
"""

import os
import socket
import sys
from functools import partial
from pathlib import Path

import torch
import torch._dynamo  # the optimiser imports it, which takes longer than the training

from vsfilter_train.recipe import read_recipe
from vsfilter_train.train import train


def run_forked(work, count):
    """Call a function in several processes that know of each other."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    children = []
    for rank in range(count):
        if (child := os.fork()) == 0:
            os.environ |= {"RANK": str(rank), "LOCAL_RANK": str(rank), "WORLD_SIZE": str(count)}
            os.environ |= {"MASTER_ADDR": "127.0.0.1", "MASTER_PORT": str(port)}
            work()
            os._exit(0)
        children.append(child)
    for child in children:
        _, status = os.waitpid(child, 0)
        if status:
            sys.exit(f"a process of {count} ended with {status}")


if __name__ == "__main__":
    torch.set_num_threads(1)
    path, out, *changes = sys.argv[1:]
    for count in (1, 3):
        settings = read_recipe(Path(path), changes=tuple(changes))
        run_forked(partial(train, settings, Path(out) / str(count)), count)
