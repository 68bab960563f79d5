"""Measure what the filter costs beside the model, in a linear pass of VapourSynth.

    python scripts/measure_overhead.py FILE [--frames N] [--width W --height H] [--model M]

Taken in one run, so that whatever else the machine does slows both: the processor time of the model
and of everything else (decoding, conversion of colours, search for cuts, copies), and the wall
time during which the model was not at work. Processor times are right with OMP_NUM_THREADS=1, as
the model then computes on one thread.
"""

from __future__ import annotations

import argparse
import resource
import time
from unittest.mock import patch

import torch
import vapoursynth as vs
from torch import Tensor

import vsfilter
from vsfilter.engine.run_restorer import RunRestorer
from vsfilter.window import Run


class Clock:
    """Adds up the time that the model takes, in s."""

    def __init__(self) -> None:
        self.wall = 0.0
        self.processor = 0.0
        self._restore = RunRestorer.restore

    def restore(self, runs: RunRestorer, run: Run, pictures: Tensor) -> Tensor:
        """Restore one run, as the engine does."""
        wall, processor = time.perf_counter(), time.thread_time()
        restored = self._restore(runs, run, pictures)
        if restored.is_cuda:
            torch.cuda.synchronize()
        self.wall += time.perf_counter() - wall
        self.processor += time.thread_time() - processor
        return restored


def main() -> None:
    """Print the times and the memory."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("file")
    parser.add_argument("--frames", type=int, default=96)
    parser.add_argument("--width", type=int, default=320)
    parser.add_argument("--height", type=int, default=180)
    parser.add_argument("--model")
    parser.add_argument("--precision", default="auto")
    parser.add_argument("--core", type=int)
    parser.add_argument("--threads", type=int, default=vs.core.num_threads)
    arguments = parser.parse_args()
    vs.core.num_threads = arguments.threads
    clip = vsfilter.source(arguments.file)
    clip = clip.resize.Bicubic(arguments.width, arguments.height).std.Loop()
    clip = clip[: arguments.frames]
    clock = Clock()
    with patch.object(RunRestorer, "restore", lambda runs, *run: clock.restore(runs, *run)):
        restored = vsfilter.upscale(
            clip, arguments.model, core=arguments.core, precision=arguments.precision
        )
        begun, processor = time.perf_counter(), time.process_time()
        for _ in restored.frames(close=True):
            pass
        wall, processor = time.perf_counter() - begun, time.process_time() - processor
    for name, all_of_it, model in (
        ("processor", processor, clock.processor),
        ("wall", wall, clock.wall),
    ):
        rest = 100 * (all_of_it / model - 1)
        print(f"{name:9} {all_of_it:7.2f} s, model {model:7.2f} s, the rest {rest:4.1f} % of it")
    print(f"most memory {resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024:.0f} MiB")


if __name__ == "__main__":
    main()
