"""Watches offsets in three processes: of 1 px, of 9 px, and in one that has no samples.

Writes what each process is told into a file of its number: `forked_offsets.py OUT`.
"""

import sys
from functools import partial
from pathlib import Path

import torch
from forked_training import run_forked  # it lies beside this script
from torch import nn

from vsfilter_train import processes
from vsfilter_train.trouble import OffsetWatch

OFFSETS_PX = (1.0, 9.0)


class Deformable(nn.Module):
    """What is watched of a deformable convolution."""

    def __init__(self):
        super().__init__()
        self.conv_offset = nn.Conv2d(1, 27, 1)


def watch(out):
    with processes.joined() as device:
        module = Deformable()
        offsets, told = OffsetWatch(module, device), []
        for _ in range(2):
            if processes.rank() < len(OFFSETS_PX):
                nn.init.zeros_(module.conv_offset.weight)
                nn.init.constant_(module.conv_offset.bias, OFFSETS_PX[processes.rank()])
                module.conv_offset(torch.rand(1, 1, 4, 4))
            told.append(offsets.take())
        (out / str(processes.rank())).write_text(" ".join(map(str, told)))


if __name__ == "__main__":
    torch.set_num_threads(1)
    run_forked(partial(watch, Path(sys.argv[1])), 3)
