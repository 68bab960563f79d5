"""Fit the pristine model of NIQE on clean, sharp clips.

`python scripts/fit_niqe.py CLIP... --out vsfilter/evaluation/niqe_pristine.safetensors`; the file
names the clips. The middle frame of each counts.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Annotated

import numpy as np
import typer
from safetensors.numpy import save_file

from vsfilter.discovery import find_source
from vsfilter.evaluation.evaluated_clips import to_pixels
from vsfilter.evaluation.niqe import PATCH_PX, SHARPEST_SHARE, fit, patch_features
from vsfilter.rgb_converter import FrameToRgb


def main(
    clips: Annotated[list[Path], typer.Argument(help="clean clips of at least 192 px a side")],
    out: Annotated[Path, typer.Option(help="the model")],
) -> None:
    """Collect the features of the sharpest patches of each clip, and fit a Gaussian to them."""
    kept = []
    names = []
    for clip in clips:
        with find_source(str(clip)).open(str(clip)) as reader:
            if min(reader.info.width, reader.info.height) < 2 * PATCH_PX:
                continue
            to_rgb = FrameToRgb(reader.info)
            frames = list(reader)
            picture = to_pixels(to_rgb.convert(frames[len(frames) // 2]))
        features, sharpness = patch_features(picture)
        kept.append(features[sharpness > SHARPEST_SHARE * sharpness.max()])
        names.append(clip.stem)
    patches = np.concatenate(kept)
    mean, covariance = fit(patches)
    made_of = {"clips": json.dumps(names), "patches": str(len(patches))}
    save_file({"mean": mean, "covariance": covariance}, out, metadata=made_of)
    print(f"{len(names)} clips, {len(patches)} patches")


if __name__ == "__main__":
    typer.run(main)
