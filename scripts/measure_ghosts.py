"""Measure what the ghost guard gains when subtitles switch, and what it costs on clean video.

    python scripts/measure_ghosts.py CLIP... [--model M] [--weights W]

Subtitles are drawn into the ground truth for the frames 8 to 15, and the clip is then made small.
PSNR is of all channels, in dB: in the box of the subtitles in the frames next to both switches
that do not show them ("box"), over the rest of the same frames ("rest"), and over the whole clip
without subtitles ("clean"). The model "average" of this script is the worst case: it aligns five
frames by optical flow and trusts them all alike.
"""

from __future__ import annotations

import argparse
from collections.abc import Mapping
from itertools import islice
from pathlib import Path

import cv2
import numpy as np
import torch
import torch.nn.functional as F
from numpy.typing import NDArray
from torch import Tensor

import vsfilter
from vsfilter.discovery import find_source
from vsfilter.engine.ghost_guard import GUARD_WORDS, has_switch, remove_ghosts
from vsfilter.metrics import psnr
from vsfilter.plugin import Model
from vsfilter.resize import imresize
from vsfilter.rgb_converter import FrameToRgb

FRAMES = 24
SHOWN = range(8, 16)
BESIDE = (6, 7, 16, 17)
"""Frames in which a ghost would be seen: the two before and the two after the subtitles."""
LINES = ("I never said that the calendar", "would be ready by Tuesday.")
Pixels = NDArray[np.uint8]


def main() -> None:
    """Print one line for each clip and each setting of the guard."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("clips", nargs="+", type=Path)
    parser.add_argument("--model", default="auto")
    parser.add_argument("--weights")
    arguments = parser.parse_args()
    if arguments.model == "average":
        model: Model = AlignedAverage()
    else:
        model = vsfilter.load(arguments.model, arguments.weights, device="cpu")
    print("clip                 guard     box    rest   clean")
    for path in arguments.clips:
        clean = read(path)
        switched = np.stack([draw(f) if n in SHOWN else f for n, f in enumerate(clean)])
        is_text = (switched != clean).any(axis=(0, 3))
        for guard in GUARD_WORDS:
            figures = measure(clean, switched, is_text, model, guard)
            numbers = "  ".join(f"{figures[key]:6.3f}" for key in ("box", "rest", "clean"))
            print(f"{path.stem:20.20} {guard:6} {numbers}", flush=True)


def read(path: Path) -> Pixels:
    """Read the first frames of a clip: (t, h, w, 3), RGB, with sides that are multiples of 4."""
    with find_source(str(path)).open(str(path)) as reader:
        to_rgb = FrameToRgb(reader.info)
        frames = [to_rgb.convert(frame) for frame in islice(reader, FRAMES)]
    pixels = (np.stack(frames).transpose(0, 2, 3, 1).clip(0, 1) * 255).round().astype(np.uint8)
    _, h, w, _ = pixels.shape
    return pixels[:, : h - h % 4, : w - w % 4]


def draw(frame: Pixels) -> Pixels:
    """Burn subtitles into a frame: white with a black edge."""
    picture = np.ascontiguousarray(frame)
    h, w, _ = picture.shape
    size = h / 400
    for row, words in enumerate(LINES):
        (width, height), _ = cv2.getTextSize(words, cv2.FONT_HERSHEY_DUPLEX, size, 2)
        place = ((w - width) // 2, int(0.86 * h + 1.6 * row * height))
        for colour, thickness in ((0, 6), (255, 2)):
            cv2.putText(
                picture,
                words,
                place,
                cv2.FONT_HERSHEY_DUPLEX,
                size,
                (colour,) * 3,
                thickness,
                cv2.LINE_AA,
            )
    return picture


def measure(
    clean: Pixels, switched: Pixels, is_text: NDArray[np.bool_], model: Model, guard: str
) -> Mapping[str, float]:
    """Restore both clips; compare with their ground truth."""
    restored = restore(switched, model, guard)
    beside, truth = restored[list(BESIDE)], switched[list(BESIDE)]
    rows, columns = np.where(is_text)
    box = np.s_[:, rows.min() : rows.max() + 1, columns.min() : columns.max() + 1]
    rest = np.ones(is_text.shape, dtype=np.bool_)
    rest[box[1:]] = False
    without = restore(clean, model, guard)
    return {
        "box": psnr(beside[box].reshape(-1, 1, 3), truth[box].reshape(-1, 1, 3)),
        "rest": psnr(beside[:, rest], truth[:, rest]),
        "clean": float(np.mean([psnr(a, b) for a, b in zip(without, clean, strict=True)])),
    }


def restore(clip: Pixels, model: Model, guard: str) -> Pixels:
    """Make a clip small, and restore it as the engine does: (t, h, w, 3)."""
    smalls = np.stack([imresize(frame, 1 / model.scale) for frame in clip])
    frames = torch.from_numpy(smalls).permute(0, 3, 1, 2).float() / 255
    with torch.inference_mode():
        restored = model.restore(frames)
        if guard == "on" or (guard == "auto" and has_switch(frames)):
            restored = remove_ghosts(
                restored, frames, lambda n: model.restore(frames[n : n + 1])[0]
            )
    pixels = (restored.clamp(0, 1) * 255).round().byte()
    return np.ascontiguousarray(pixels.permute(0, 2, 3, 1).numpy())


class AlignedAverage:
    """Enlarges the mean of five frames, aligned by Kroeger's DIS flow (ECCV 2016)."""

    scale = 4
    radius = 2

    def restore(self, frames: Tensor, keep: slice = slice(None)) -> Tensor:
        """Restore as `vsfilter.plugin.Model` says."""
        grays = [
            cv2.cvtColor(f, cv2.COLOR_RGB2GRAY)
            for f in (frames * 255).byte().permute(0, 2, 3, 1).contiguous().numpy()
        ]
        means = [self._mean(frames, grays, n) for n in range(len(frames))[keep]]
        return F.interpolate(torch.stack(means), scale_factor=self.scale, mode="bicubic")

    def _mean(self, frames: Tensor, grays: list[Pixels], n: int) -> Tensor:
        flow_of = cv2.DISOpticalFlow.create(cv2.DISOPTICAL_FLOW_PRESET_MEDIUM)
        h, w = grays[n].shape
        grid = np.stack(np.meshgrid(np.arange(w), np.arange(h)), axis=-1).astype(np.float32)
        aligned = []
        for other in range(max(0, n - self.radius), min(len(grays), n + self.radius + 1)):
            place = grid
            if other != n:  # OpenCV's types ask for a first guess, and for maps of one axis each
                flow = flow_of.calc(grays[n], grays[other], None)  # type: ignore[call-overload]
                place = grid + flow
            picture = frames[other].permute(1, 2, 0).numpy()
            x, y = cv2.split(place)
            aligned.append(
                cv2.remap(picture, x, y, cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE)
            )
        return torch.from_numpy(np.mean(aligned, axis=0)).permute(2, 0, 1)


if __name__ == "__main__":
    main()
