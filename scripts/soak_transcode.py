"""Puts a long film of small frames through the command, and watches memory, files and threads.

    python scripts/soak_transcode.py [--frames 100000] [--codec ffv1] [--suffix .mkv]

A sample is taken after every hundredth part. Between the first fifth and the end none of the three
may grow: memory by less than 5 % and 8 MB, open files and threads not at all.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path

import av
import numpy as np

from vsfilter.engine.settings import Settings
from vsfilter.sinks.encoding.encoder import EncoderSettings
from vsfilter.transcode.transcode import Callbacks, transcode

_SIZE = (24, 32)
_RATE = 25
_SLACK_KB = 8_000
_SLACK = 0.05


@dataclass(frozen=True, slots=True, kw_only=True)
class Sample:
    """What the process holds.

    Attributes:
        frames: Frames done.
        memory_kb: Memory that is resident.
        files: Open files.
        threads: Threads.
    """

    frames: int
    memory_kb: int
    files: int
    threads: int


def main() -> None:
    """Make the film, transcode it, judge the samples."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--frames", type=int, default=100_000, help="length of the film")
    parser.add_argument("--codec", default="ffv1", help="of the output")
    parser.add_argument("--suffix", default=".mkv", help="of the output")
    arguments = parser.parse_args()
    samples: list[Sample] = []
    every = max(1, arguments.frames // 100)

    def frame(done: int) -> None:
        if done % every == 0:
            samples.append(_sample(done))
            if done % (10 * every) == 0:
                print(samples[-1], flush=True)

    with tempfile.TemporaryDirectory(prefix="soak-transcode-") as folder:
        film = Path(folder) / "film.mkv"
        _make_film(film, arguments.frames)
        started = time.monotonic()
        done = transcode(
            str(film),
            str(Path(folder) / f"out{arguments.suffix}"),
            settings=Settings(model="bicubic", scale=2, precision="fp32"),
            encoder=EncoderSettings(codec=arguments.codec, threads=1),
            callbacks=Callbacks(frame=frame),
        )
        seconds = time.monotonic() - started
    print(f"{done.frames} frames in {seconds:.0f} s; before the join {samples[-1]}")
    sys.exit(_judge(samples))


def _make_film(path: Path, count: int) -> None:
    """Write noise that moves, so that no frame is like another, and a tone beside it."""
    noise = np.random.default_rng(0).integers(0, 256, (64, *_SIZE), np.uint8)
    with av.open(str(path), "w") as container:
        video = container.add_stream("ffv1", rate=_RATE)
        video.height, video.width = _SIZE
        video.pix_fmt = "gray"
        sound = container.add_stream("pcm_s16le", rate=8000, layout="mono")
        for number in range(count):
            picture = np.roll(noise[number % len(noise)], number // len(noise), axis=1)
            container.mux(video.encode(av.VideoFrame.from_ndarray(picture, format="gray")))
            samples = np.full((1, 8000 // _RATE), number % 999, np.int16)
            tone = av.AudioFrame.from_ndarray(samples, format="s16", layout="mono")
            tone.sample_rate = 8000
            container.mux(sound.encode(tone))
        container.mux(video.encode())


def _sample(done: int) -> Sample:
    status = dict(line.split(":", 1) for line in Path("/proc/self/status").read_text().splitlines())
    return Sample(
        frames=done,
        memory_kb=int(status["VmRSS"].split()[0]),
        files=len(list(Path("/proc/self/fd").iterdir())),
        threads=int(status["Threads"]),
    )


def _judge(samples: list[Sample]) -> bool:
    """Tell whether anything has grown, and say so."""
    early, late = samples[len(samples) // 10 : len(samples) // 5], samples[-len(samples) // 10 :]
    has_grown = False
    for name in ("memory_kb", "files", "threads"):
        before = max(getattr(sample, name) for sample in early)
        after = max(getattr(sample, name) for sample in late)
        slack = max(_SLACK_KB, _SLACK * before) if name == "memory_kb" else 0
        print(f"{name}: at most {before} in the second tenth, {after} in the last")
        has_grown |= after > before + slack
    return has_grown


if __name__ == "__main__":
    main()
