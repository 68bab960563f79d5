"""Damage media files at random, and see that vsr-transcode bears each of them.

    python scripts/fuzz_transcode.py [--count 300] [--seed 0] [--media FOLDER] [--keep FOLDER]

Each damaged file must either be transcoded, into an output that decodes to its end, or be refused
with one line and no output. A hang, a traceback, an error that is not vsfilter's own, or a signal
is a failure; `--keep` saves the files that made one.
"""

from __future__ import annotations

import argparse
import random
import shutil
import sys
import tempfile
from collections import Counter
from pathlib import Path

import av
from av.error import FFmpegError
from fidelity.damage import DAMAGES
from fidelity.forked import Ending, Limits, transcode
from fidelity.media import make_all

_MOST_PIXELS = 30_000_000
"""Of all frames of a file together; more would take too long."""
_LIMITS = Limits(cpu_s=120, wall_s=900, memory_bytes=12 << 30)
_TARGETS = (
    (".mkv", ["--codec", "ffv1"]),
    (".mp4", ["--preset", "ultrafast"]),
    (".mov", ["--preset", "ultrafast"]),
    (".webm", ["--preset", "8"]),
)


def main() -> None:
    """Damage, transcode, judge and report."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--count", type=int, default=300, help="damaged files")
    parser.add_argument("--seed", default="0", help="any word, of which the damage is a function")
    parser.add_argument("--first", type=int, default=0, help="number of the first one")
    parser.add_argument("--media", type=Path, help="a folder of real files")
    parser.add_argument("--keep", type=Path, help="where files go that made a failure")
    arguments = parser.parse_args()
    endings: Counter[str] = Counter()
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        sources = make_all(folder)
        if arguments.media is not None:
            sources += [path for path in sorted(arguments.media.iterdir()) if _is_small(path)]
        for number in range(arguments.first, arguments.first + arguments.count):
            judged = _try(number, sources, folder, arguments)
            endings[judged.partition(":")[0]] += 1
    print(", ".join(f"{count} {word}" for word, count in sorted(endings.items())))
    sys.exit(bool(set(endings) - {"written", "refused"}))


def _is_small(path: Path) -> bool:
    if path.suffix == ".json":
        return False
    with av.open(str(path)) as container:
        stream = container.streams.video[0]
        frames = stream.frames or sum(1 for packet in container.demux(stream) if packet.size)
        return stream.width * stream.height * frames < _MOST_PIXELS


def _try(number: int, sources: list[Path], folder: Path, arguments: argparse.Namespace) -> str:
    """Damage one file and put it through; tell how it ended."""
    chance = random.Random(f"{arguments.seed}/{number}")
    source = chance.choice(sources)
    kind = chance.choice(list(DAMAGES))
    damaged = folder / f"damaged{source.suffix}"
    damaged.write_bytes(DAMAGES[kind](bytearray(source.read_bytes()), chance))
    suffix, encoder = chance.choice(_TARGETS)
    work = folder / "work"
    shutil.rmtree(work, ignore_errors=True)
    work.mkdir()
    out = work / f"out{suffix}"
    options = ["--model", "bicubic", "--scale", "1", *encoder]
    ending = transcode([str(damaged), str(out), *options], folder / "log", _LIMITS)
    judged = _judge(ending, out)
    line = f"{number}: {source.name}, {kind}, to {suffix}: {judged} ({ending.seconds:.1f} s)"
    if not judged.startswith(("written", "refused")):
        line += "\n" + ending.errors[-2000:]
        if arguments.keep is not None:
            arguments.keep.mkdir(parents=True, exist_ok=True)
            shutil.copy(damaged, arguments.keep / f"{number}{suffix}{source.suffix}")
    print(line, flush=True)
    return judged


def _judge(ending: Ending, out: Path) -> str:
    """Give one word, and after a colon what else there is to say."""
    lines = ending.errors.strip().splitlines()
    failures = [line for line in lines if line.startswith("error: ")]
    if ending.code is None:
        return "hung"
    if ending.code < 0 or ending.code > 1:
        return f"crashed: exit code {ending.code}"
    if "Traceback" in ending.errors or "Error ignored" in ending.errors:
        return "traceback"
    if any(line.startswith("error: unexpected") for line in failures):
        return f"unexpected: {failures[-1]}"
    if ending.code == 1:
        if len(failures) != 1 or lines[-1] != failures[0]:
            return "lines: not one line at the end"
        left = [path.name for path in out.parent.iterdir()]
        is_kept = "frames are kept: the same command goes on" in ending.errors
        return f"left: {left}" if left and not is_kept else f"refused: {failures[0][7:150]}"
    if failures:
        return "lines: an error, but exit code 0"
    return _judge_output(out)


def _judge_output(out: Path) -> str:
    try:
        with av.open(str(out)) as container:
            frames = sum(1 for _ in container.decode(video=0))
    except (FFmpegError, OSError, IndexError) as error:
        return f"unreadable: {error}"
    return f"written: {frames} frames" if frames else "unreadable: no frame"


if __name__ == "__main__":
    main()
