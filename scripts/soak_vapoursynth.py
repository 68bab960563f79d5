"""Ask a restored clip for thousands of frames in random order: memory stays, frames stay.

    python scripts/soak_vapoursynth.py [--frames 20000] [--threads 8] [--model bicubic]

Each frame is asked for twice, in two random orders and in bursts; its hashes must be equal. Memory
is printed ten times and must not grow.
"""

from __future__ import annotations

import argparse
import hashlib
import random
import resource
import sys
from collections.abc import Iterator
from itertools import batched
from pathlib import Path

import numpy as np
import vapoursynth as vs

import vsfilter

MAX_GROWTH_MIB = 16


def main() -> None:
    """Soak, report, and fail where something grew or changed."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--frames", type=int, default=20_000)
    parser.add_argument("--threads", type=int, default=8)
    parser.add_argument("--model", default="bicubic")
    arguments = parser.parse_args()
    vs.core.num_threads = arguments.threads
    clip = vsfilter.upscale(noise(arguments.frames), arguments.model, core=10, context=2)
    hashes: dict[int, bytes] = {}
    changed = 0
    memory: list[float] = []
    every = 2 * arguments.frames // 10
    for count, (number, digest) in enumerate(soak(clip, arguments.threads)):
        changed += hashes.setdefault(number, digest) != digest
        if count % every == every - 1:
            memory.append(resident_mib())
            frames = vs.core.used_cache_size / 2**20
            print(
                f"{count + 1} requests, {memory[-1]:.0f} MiB, of which frames {frames:.0f} MiB, "
                f"{changed} changed",
                flush=True,
            )
    growth = memory[-1] - memory[1]
    print(f"grew by {growth:.0f} MiB since a fifth of it; most {most_mib():.0f} MiB")
    sys.exit(changed > 0 or growth > MAX_GROWTH_MIB or len(hashes) != arguments.frames)


def noise(length: int) -> vs.VideoNode:
    """Make a clip of other noise in each frame."""
    blank = vs.core.std.BlankClip(format=vs.YUV420P8, width=32, height=24, length=length, keep=True)

    def fill(n: int, f: vs.VideoFrame) -> vs.VideoFrame:
        filled = f.copy()
        generator = np.random.default_rng(n)
        for index in range(3):
            plane = np.asarray(filled[index])
            plane[...] = generator.integers(16, 236, plane.shape)
        return filled

    return vs.core.std.ModifyFrame(blank, blank, fill)


def soak(clip: vs.VideoNode, threads: int) -> Iterator[tuple[int, bytes]]:
    """Ask for each frame twice; give its number and its hash."""
    for seed in (1, 2):
        order = random.Random(seed).sample(range(clip.num_frames), clip.num_frames)
        for burst in batched(order, 4 * threads):
            requests = [(number, clip.get_frame_async(number)) for number in burst]
            for number, request in requests:
                with request.result() as frame:
                    digest = hashlib.sha1()
                    for plane in frame:
                        digest.update(np.ascontiguousarray(plane))
                yield number, digest.digest()


def resident_mib() -> float:
    """Give the memory of this process now."""
    return int(Path("/proc/self/statm").read_text().split()[1]) * resource.getpagesize() / 2**20


def most_mib() -> float:
    """Give the most memory that this process ever had."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


if __name__ == "__main__":
    main()
