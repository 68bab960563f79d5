"""Measure what windows of every core and context cost and lose, against the whole clip at once.

    python scripts/measure_windows.py CLIP... [--pan STILL]... [--model M] [--weights W]
        [--precision P] [--blend] [--cores N...] [--contexts N...] --out FILE.json

Clips are ground truth of high resolution; their middle is cut out and made small. `--pan` takes
the first frame of a clip as a still and moves over it by one pixel a frame, a quarter of a pixel
of the small clip: a clip of any length. docs/windows.md tells what the figures mean;
`python scripts/draw_windows.py FILE.json` draws them.
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Iterable, Iterator
from dataclasses import asdict, dataclass
from itertools import islice
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

import vsfilter
from vsfilter.discovery import find_source
from vsfilter.engine.blend import crossfade
from vsfilter.plugin import Model
from vsfilter.resize import imresize
from vsfilter.rgb_converter import FrameToRgb
from vsfilter.window import Grid

WIDTH, HEIGHT = 512, 384
"""What is cut out of the ground truth, in px."""
PAN_FRAMES = 96
LONGEST = 96
CORES = (4, 8, 16, 32)
CONTEXTS = (0, 1, 2, 3, 4, 6, 8, 12, 16, 32)
Pixels = NDArray[np.uint8]
Levels = NDArray[np.float64]
"""Decibels of each frame."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Figures:
    """What one grid does to one clip.

    Attributes:
        clip: Its name.
        core: Frames that a window delivers.
        context: Frames read on each side of them.
        blend: Frames that are crossfaded.
        to_whole_db: PSNR of each frame to the result of the whole clip; 200 where they are equal.
        lost_db: What each frame lost in PSNR to the ground truth, against the whole clip's.
        flicker: RMS of what the windows add to the change from each frame to the next, in [0, 1].
    """

    clip: str
    core: int
    context: int
    blend: int
    to_whole_db: list[float]
    lost_db: list[float]
    flicker: list[float]


def main() -> None:
    """Measure, print a line for each grid, and write all figures into a file."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("clips", nargs="*", type=Path)
    parser.add_argument("--pan", action="append", default=[], type=Path)
    parser.add_argument("--model", default="auto")
    parser.add_argument("--weights")
    parser.add_argument("--precision", default="fp32")
    parser.add_argument("--blend", action="store_true", help="each grid with and without blend")
    parser.add_argument("--cores", nargs="+", type=int, default=CORES)
    parser.add_argument("--contexts", nargs="+", type=int, default=CONTEXTS)
    parser.add_argument("--out", required=True, type=Path)
    arguments = parser.parse_args()
    model = vsfilter.load(
        arguments.model, arguments.weights, device="cpu", precision=arguments.precision
    )
    truths = {path.stem: read(path, LONGEST) for path in arguments.clips}
    truths |= {f"pan over {path.stem}": pan(read_still(path)) for path in arguments.pan}
    print("clip                    core context blend   mean dB   worst dB  largest loss")
    measured = []
    for name, truth in truths.items():
        grids = grids_of(arguments, len(truth))
        for figures in measure(name, truth, model, grids):
            measured.append(asdict(figures))
            print(
                f"{name:22.22} {figures.core:5} {figures.context:7} {figures.blend:5}"
                f"{np.mean(figures.to_whole_db):10.2f} {min(figures.to_whole_db):10.2f}"
                f"{max(figures.lost_db):14.4f}",
                flush=True,
            )
            arguments.out.write_text(json.dumps(measured), encoding="utf-8")


def read(path: Path, count: int) -> Pixels:
    """Read the middle of the first frames of a clip: (t, h, w, 3), RGB."""
    frames = read_frames(path, count)
    _, h, w, _ = frames.shape
    top, left = max(0, h - HEIGHT) // 2, max(0, w - WIDTH) // 2
    middle = frames[:, top : top + HEIGHT, left : left + WIDTH]
    return middle[:, : middle.shape[1] // 4 * 4, : middle.shape[2] // 4 * 4]


def read_still(path: Path) -> Pixels:
    """Read the first frame of a clip: (h, w, 3), RGB."""
    still: Pixels = read_frames(path, 1)[0]
    return still


def read_frames(path: Path, count: int) -> Pixels:
    """Read the first frames of a clip: (t, h, w, 3), RGB."""
    with find_source(str(path)).open(str(path)) as reader:
        to_rgb = FrameToRgb(reader.info)
        frames = [to_rgb.convert(frame) for frame in islice(reader, count)]
    pixels = np.stack(frames).transpose(0, 2, 3, 1).clip(0, 1) * 255
    rounded: Pixels = pixels.round().astype(np.uint8)
    return rounded


def pan(still: Pixels) -> Pixels:
    """Move over a still (h, w, 3), to the right and slowly down: (t, h, w, 3)."""
    h, w = min(HEIGHT, still.shape[0] - PAN_FRAMES // 4), min(WIDTH, still.shape[1] - PAN_FRAMES)
    h, w = h // 4 * 4, w // 4 * 4
    return np.stack([still[n // 4 : n // 4 + h, n : n + w] for n in range(PAN_FRAMES)])


def grids_of(arguments: argparse.Namespace, count: int) -> list[Grid]:
    """Give the grids that were asked for and that cut a clip of `count` frames."""
    return [
        Grid(core=core, context=context, blend=blend)
        for core in arguments.cores
        for context in arguments.contexts
        for blend in sorted({0, min(core, context) if arguments.blend else 0})
        if core < count and context <= count - core
    ]


def measure(name: str, truth: Pixels, model: Model, grids: Iterable[Grid]) -> Iterator[Figures]:
    """Restore a clip whole and with each grid."""
    smalls = np.stack([imresize(frame, 1 / model.scale) for frame in truth])
    frames = torch.from_numpy(smalls).permute(0, 3, 1, 2).float() / 255
    target = torch.from_numpy(truth).permute(0, 3, 1, 2).float() / 255
    with torch.inference_mode():
        whole = model.restore(frames)
        best = decibels(whole.clamp(0, 1), target)
        for grid in grids:
            restored = restore(frames, model, grid)
            added = (restored - whole).diff(dim=0).square().mean(dim=(1, 2, 3)).sqrt()
            yield Figures(
                clip=name,
                core=grid.core,
                context=grid.context,
                blend=grid.blend,
                to_whole_db=decibels(restored, whole).tolist(),
                lost_db=(best - decibels(restored.clamp(0, 1), target)).tolist(),
                flicker=added.tolist(),
            )


def restore(frames: Tensor, model: Model, grid: Grid) -> Tensor:
    """Restore a clip (t, 3, h, w) window by window."""
    restored: list[Tensor] = []
    for window in grid.windows(len(frames)):
        keep = slice(window.lead - window.start, window.core_stop - window.start)
        result = model.restore(frames[window.start : window.stop], keep)
        for n in range(window.lead, window.core_start):
            weight = grid.blend_weight(n, len(frames))
            mixed = crossfade(restored[n].numpy(), result[n - window.lead].numpy(), weight)
            restored[n] = torch.from_numpy(mixed)
        restored.extend(result[window.core_start - window.lead :])
    return torch.stack(restored)


def decibels(a: Tensor, b: Tensor) -> Levels:
    """Give the PSNR of each frame, over all channels, in dB; 200 for equal frames."""
    error = (a.double() - b.double()).square().mean(dim=(1, 2, 3))
    levels: Levels = (-10 * error.clamp(min=1e-20).log10()).numpy()
    return levels


if __name__ == "__main__":
    main()
