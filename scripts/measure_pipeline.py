"""Measure how well reading, restoring and writing overlap in a transcode.

    python scripts/measure_pipeline.py FILE [--frames N] [--model M] [--codec C] [--preset P]
        [--threads N] [--rounds N]

In turn, in each round: the model alone, on frames that are in memory already; all but the model,
which gives the pixels of its first window again; and all of it, as vsr-transcode does it. Reading,
converting and encoding share the cores with the model, so beside the wall times stand the processor
times, whose sum over the cores is what no overlap can save.
"""

from __future__ import annotations

import argparse
import resource
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from statistics import median
from unittest.mock import patch

from torch import Tensor

from vsfilter.engine.run_restorer import RunRestorer
from vsfilter.engine.settings import Settings
from vsfilter.engine.stream import restore_clip
from vsfilter.input_settings import Excerpt, InputSettings
from vsfilter.output_size import AS_SCALED
from vsfilter.sinks.encoding.encoder import EncoderSettings
from vsfilter.transcode.clip_feed import ClipFeed
from vsfilter.transcode.fidelity_settings import AS_IT_IS
from vsfilter.transcode.input import open_input
from vsfilter.transcode.plan import open_restorer
from vsfilter.transcode.transcode import transcode
from vsfilter.window import Run


class Repeated:
    """A model that costs nothing: it gives the same pixels for every run of as many frames."""

    def __init__(self) -> None:
        self._restore = RunRestorer.restore
        self._made: dict[int, Tensor] = {}

    def restore(self, runs: RunRestorer, run: Run, pictures: Tensor, *, tile: int | None) -> Tensor:
        """Restore the first run of a length."""
        length = run.keep_stop - run.keep_start
        if length not in self._made:
            self._made[length] = self._restore(runs, run, pictures, tile=tile)
        return self._made[length]


def timed(work: Callable[[], object]) -> tuple[float, float]:
    """Give the wall and the processor time that something takes, in s."""
    wall, before = time.perf_counter(), resource.getrusage(resource.RUSAGE_SELF)
    work()
    after = resource.getrusage(resource.RUSAGE_SELF)
    processor = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    return time.perf_counter() - wall, processor


def main() -> None:
    """Print the times of each round and the ratio of their medians."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("file")
    parser.add_argument("--frames", type=int, default=96)
    parser.add_argument("--model", default="auto")
    parser.add_argument("--codec", default="x264")
    parser.add_argument("--preset")
    parser.add_argument("--threads", type=int)
    parser.add_argument("--rounds", type=int, default=3)
    arguments = parser.parse_args()
    settings = Settings(model=arguments.model, threads=arguments.threads)
    reading = InputSettings(excerpt=Excerpt(stop=arguments.frames))
    encoder = EncoderSettings(codec=arguments.codec, preset=arguments.preset)

    opened = open_input(arguments.file, reading, AS_IT_IS)
    with opened.reader, open_restorer(opened.reader.info, settings, AS_SCALED) as restorer:
        feed = ClipFeed(opened.excerpt(restorer.grid), restorer.grid, done=0)
        pictures = [feed.prepare(frame) for frame in feed.frames()]
        repeated = Repeated()

        def run_model() -> None:
            for _ in restore_clip(pictures, restorer):
                pass

        def run_all() -> None:
            with tempfile.TemporaryDirectory() as folder:
                target = str(Path(folder) / "out.mkv")
                transcode(
                    arguments.file, target, settings=settings, encoder=encoder, reading=reading
                )

        def run_rest() -> None:
            with patch.object(RunRestorer, "restore", lambda *a, **k: repeated.restore(*a, **k)):
                run_all()

        run_rest()  # the pixels that it repeats
        ways = {"the model alone": run_model, "all but the model": run_rest, "all": run_all}
        times: dict[str, list[tuple[float, float]]] = {name: [] for name in ways}
        for _ in range(arguments.rounds):
            for name, way in ways.items():
                times[name].append(timed(way))
    walls = {name: median(wall for wall, _ in each) for name, each in times.items()}
    for name, each in times.items():
        rounds = ", ".join(f"{wall:.1f} ({processor:.1f})" for wall, processor in each)
        print(f"{name:18} {rounds} s of wall (processor) time")
    slowest = max(walls["the model alone"], walls["all but the model"])
    print(f"all takes {walls['all'] / slowest:.3f} times the slower of the other two")


if __name__ == "__main__":
    main()
