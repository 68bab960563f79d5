"""Measure what the filter costs beside the model, in a linear pass of VapourSynth.

    python scripts/measure_overhead.py FILE [--frames N] [--width W --height H] [--model M]

Taken in one run, so that whatever else the machine does slows both: the processor time of the model
and of everything else (conversion of colours, search for cuts, copies), and the wall time during
which the model was not at work. What a pass over the source takes is measured before, and is not
counted. Processor times are right with OMP_NUM_THREADS=1, as the model then computes on one thread.
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

    def restore(self, runs: RunRestorer, run: Run, pictures: Tensor, *, tile: int | None) -> Tensor:
        """Restore one run, as the engine does."""
        wall, processor = time.perf_counter(), time.thread_time()
        restored = self._restore(runs, run, pictures, tile=tile)
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
    source_wall, source_processor = time_pass(clip)
    clock = Clock()
    with patch.object(RunRestorer, "restore", lambda *a, **k: clock.restore(*a, **k)):
        restored = vsfilter.upscale(
            clip, arguments.model, core=arguments.core, precision=arguments.precision
        )
        wall, processor = time_pass(restored)
    for name, all_of_it, source, model in (
        ("processor", processor, source_processor, clock.processor),
        ("wall", wall, source_wall, clock.wall),
    ):
        share = 100 * (all_of_it - source - model) / model
        print(
            f"{name:9} {all_of_it:7.2f} s, source {source:5.2f} s, model {model:7.2f} s, "
            f"the rest {share:4.1f} % of the model"
        )
    print(f"most memory {resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024:.0f} MiB")


def time_pass(clip: vs.VideoNode) -> tuple[float, float]:
    """Ask for all frames in order; give the wall time and the processor time, in s."""
    begun, processor = time.perf_counter(), time.process_time()
    for _ in clip.frames(close=True):
        pass
    return time.perf_counter() - begun, time.process_time() - processor


if __name__ == "__main__":
    main()
