"""Measure a transcode alone, with one worker and with two: the figures of docs/scale.md.

    python scripts/measure_workers.py CLIP [--model M] [--frames N] [--threads T] [--rounds R]

Each way restores the clip twice and the second time counts, when models are loaded and all workers
are there. The ways take turns, since other work on the machine changes its speed.
"""

from __future__ import annotations

import argparse
import statistics
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path

from vsfilter.cluster.worker_place import WorkerPlace
from vsfilter.cluster.worker_pool import WorkerPool
from vsfilter.engine.model_pool import ModelPool
from vsfilter.engine.settings import Settings
from vsfilter.input_settings import Excerpt, InputSettings
from vsfilter.sinks.encoding.encoder import EncoderSettings
from vsfilter.transcode.plan import Plan
from vsfilter.transcode.transcode import Callbacks, transcode
from vsfilter.worker_threads import let_idle_workers_sleep


@dataclass(frozen=True, slots=True, kw_only=True)
class Figures:
    """What one way took.

    Attributes:
        start_s: From the call to the first frame's begin, when nothing was loaded, in s.
        wall_s: Time for a frame, in s.
        own_s: Processor time of this process, which decodes and encodes, for a frame, in s.
    """

    start_s: float
    wall_s: float
    own_s: float


def main() -> None:
    """Measure, and print a line for each way."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("clip")
    parser.add_argument("--model", default="auto")
    parser.add_argument("--core", type=int, default=5)
    parser.add_argument("--frames", type=int, default=40)
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--rounds", type=int, default=2)
    given = parser.parse_args()
    let_idle_workers_sleep()
    found: dict[int, list[Figures]] = {0: [], 1: [], 2: []}
    for _ in range(given.rounds):
        for workers, figures in found.items():
            figures.append(measure(workers, given))
            print(workers or "alone", figures[-1], flush=True)
    alone_s = statistics.median(each.wall_s for each in found[0])
    for workers, figures in found.items():
        wall_s = statistics.median(each.wall_s for each in figures)
        own_s = statistics.median(each.own_s for each in figures)
        start_s = statistics.median(each.start_s for each in figures)
        print(
            f"{workers or 'alone'}: {alone_s / wall_s:.2f} of the speed alone, {wall_s:.3f} s a "
            f"frame, of which this process computes {own_s:.3f} s; start {start_s:.1f} s"
        )


def measure(workers: int, given: argparse.Namespace) -> Figures:
    """Restore the clip twice.

    Args:
        workers: How many; 0 for none.
        given: The arguments of the command.
    """
    if not workers:
        return _measure(ModelPool(), given)
    with WorkerPool(WorkerPlace(count=workers)) as pool:
        return _measure(pool, given)


def _measure(models: ModelPool | WorkerPool, given: argparse.Namespace) -> Figures:
    begun: list[tuple[float, float]] = []

    def begin(plan: Plan, done: int) -> None:
        begun.append((time.monotonic(), time.process_time()))

    called_s = time.monotonic()
    with tempfile.TemporaryDirectory() as folder:
        for _ in range(2):
            transcode(
                given.clip,
                str(Path(folder) / "out.mkv"),
                settings=Settings(model=given.model, core=given.core, threads=given.threads),
                encoder=EncoderSettings(preset="veryfast"),
                reading=InputSettings(excerpt=Excerpt(stop=given.frames)),
                models=models,
                overwrite=True,
                resume=False,
                callbacks=Callbacks(begin=begin),
            )
            ended = time.monotonic(), time.process_time()
    (first_s, _), (wall_s, own_s) = begun
    return Figures(
        start_s=first_s - called_s,
        wall_s=(ended[0] - wall_s) / given.frames,
        own_s=(ended[1] - own_s) / given.frames,
    )


if __name__ == "__main__":
    main()
