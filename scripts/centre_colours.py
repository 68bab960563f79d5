r"""Take the mean shift of colours out of trained weights: it goes into the bias of the last layer.

Usage: uv run scripts/centre_colours.py runs/real_fast_x4/last.safetensors \
           runs/real_fast_x4/centred.safetensors --data DIR

A network that learns sharper pictures of damaged ones shifts each colour by a part of a grey level,
as the clipping of noise and of overshoots does in its material. The shift is measured against
bicubic on the clips that it learned from, made small without damage. For the small tails only
(`tail_width = 0`), whose last convolution gives the pixels themselves.
"""

from __future__ import annotations

import argparse
from itertools import islice
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray

from vsfilter.engine.load import load
from vsfilter.plugin import Model
from vsfilter.readers.open_clip import open_clip
from vsfilter.resize import imresize
from vsfilter.rgb_converter import FrameToRgb
from vsfilter.weights import read_checkpoint, save_weights

FRAMES = 3
BIAS = "tail.conv_last.bias"


def main() -> None:
    """Measure, and write the weights with another bias."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("trained", type=Path)
    parser.add_argument("centred", type=Path)
    parser.add_argument("--data", type=Path, required=True, help="the folder it was trained on")
    arguments = parser.parse_args()
    checkpoint = read_checkpoint(arguments.trained)
    model = load(weights=arguments.trained, device="cpu")
    shifts = [measure(model, arguments.data / name) for name in checkpoint.header["data"]]
    shift = np.mean(shifts, axis=0)
    print(f"{len(shifts)} clips, shift of R, G, B in grey levels: {np.round(shift, 3)}")
    (key,) = (key for key in checkpoint.state if key.endswith(BIAS))
    state = dict(checkpoint.state)
    pixels = state[key].view(3, -1)  # of each colour those that one pixel becomes
    state[key] = (pixels - torch.from_numpy(shift / 255)[:, None].to(pixels.dtype)).flatten()
    header = dict(checkpoint.header)
    header["centred"] = [round(float(each), 4) for each in -shift]
    save_weights(arguments.centred, state, header)


def measure(model: Model, clip: Path) -> NDArray[np.float64]:
    """Give the mean difference to bicubic of the first frames, of each colour, in grey levels."""
    with open_clip(str(clip)) as reader:
        to_rgb = FrameToRgb(reader.info)
        pictures = [to_rgb.convert(frame) for frame in islice(reader, FRAMES)]
    smalls = []
    for picture in pictures:
        height, width = (side - side % model.scale for side in picture.shape[1:])
        sample = (picture.transpose(1, 2, 0)[:height, :width] * 255).round().clip(0, 255)
        smalls.append(imresize(sample.astype(np.uint8), 1 / model.scale))
    frames = torch.from_numpy(np.stack(smalls)).permute(0, 3, 1, 2).float() / 255
    with torch.inference_mode():
        restored = model.restore(frames).clamp(0, 1).mul(255).round()
    plain = np.stack([imresize(small, model.scale) for small in smalls]).astype(np.float64)
    difference: NDArray[np.float64] = restored.permute(0, 2, 3, 1).double().numpy() - plain
    return difference.mean(axis=(0, 1, 2))


if __name__ == "__main__":
    main()
