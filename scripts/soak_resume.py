"""Kills a transcode at random moments until it is done, and compares with one that nothing stopped.

    python scripts/soak_resume.py film.mkv --kills 10 -- --model bicubic --codec ffv1

Every second kill waits for a new segment, so that the work goes on; the others come at any moment
after the start: while modules are imported, the input is opened, what is there is checked. Where
the output is done before the last kill, it is compared, and begun anew.
"""

from __future__ import annotations

import hashlib
import random
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Annotated

import av
import typer

COMMAND = [sys.executable, "-m", "vsfilter.cli.transcode"]


def main(  # noqa: PLR0913  # a command's options
    film: Annotated[Path, typer.Argument(help="what is transcoded")],
    options: Annotated[list[str] | None, typer.Argument(help="of vsr-transcode, after --")] = None,
    kills: Annotated[int, typer.Option(help="how many times it is killed")] = 10,
    longest: Annotated[float, typer.Option(help="longest time after a segment, in s")] = 3.0,
    suffix: Annotated[str, typer.Option(help="of the output")] = ".mkv",
    seed: Annotated[int, typer.Option(help="of the moments")] = 0,
) -> None:
    """Exit with 1 where the two outputs differ in a packet, its time or a stream."""
    moments = random.Random(seed)
    arguments = [*(options or []), "--quiet"]
    with tempfile.TemporaryDirectory(prefix="soak-resume-") as folder:
        killed, straight = Path(folder) / f"killed{suffix}", Path(folder) / f"straight{suffix}"
        subprocess.run([*COMMAND, str(film), str(straight), *arguments], check=True)
        digest = _digest(straight)
        for number in range(1, kills + 1):
            before = _segments(killed)
            with subprocess.Popen([*COMMAND, str(film), str(killed), *arguments]) as process:
                while number % 2 and process.poll() is None and _segments(killed) == before:
                    time.sleep(0.01)
                time.sleep(moments.uniform(0, longest))
                process.kill()
            if process.returncode not in (0, -signal.SIGKILL):
                print(f"run {number} failed by itself")
                raise typer.Exit(1)
            state = "done" if killed.exists() else "not done"
            print(f"kill {number}: {_segments(killed)} segments, {state}", flush=True)
            if killed.exists():
                _compare(killed, digest)
                killed.unlink()
        subprocess.run([*COMMAND, str(film), str(killed), *arguments], check=True)
        _compare(killed, digest)
        print(f"equal: {len(list(_packets(straight)))} packets")


def _compare(output: Path, digest: str) -> None:
    if _digest(output) != digest:
        print("the outputs differ")
        raise typer.Exit(1)


def _segments(output: Path) -> int:
    return len(list(output.with_name(f"{output.name}.part").glob("*.segment")))


def _digest(path: Path) -> str:
    return hashlib.sha256("\n".join(_packets(path)).encode()).hexdigest()


def _packets(path: Path) -> Iterator[str]:
    """Describe each packet of all streams: stream, times, flags and the hash of its bytes."""
    with av.open(str(path)) as container:
        for packet in container.demux():
            if packet.size:
                data = hashlib.sha256(bytes(packet)).hexdigest()
                times = (packet.pts, packet.dts, packet.duration, packet.is_keyframe)
                yield f"{packet.stream_index} {times} {data}"


if __name__ == "__main__":
    typer.run(main)
