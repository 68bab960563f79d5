"""The frames that a model is measured on, and the small versions that it is given."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import islice
from pathlib import Path
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from vsfilter.blur_down import blur_down
from vsfilter.clip import ClipInfo
from vsfilter.engine.stream import Picture
from vsfilter.errors import OptionError
from vsfilter.evaluation.coded_clip import code
from vsfilter.frame import Frame
from vsfilter.readers.open_clip import open_clip
from vsfilter.resize import imresize
from vsfilter.rgb_converter import FrameToRgb

Degradation = Literal["bi", "bd", "coded"]
Pixels = NDArray[np.uint8]


def read_pixels(path: Path) -> Iterator[Pixels]:
    """Give the frames of a clip, (h, w, 3), RGB."""
    with open_clip(str(path)) as reader:
        to_rgb = FrameToRgb(reader.info)
        for frame in reader:
            yield to_pixels(to_rgb.convert(frame))


def read_coded(path: Path, *, scale: int, frames: int | None) -> Iterator[Pixels]:
    """Give the frames of a clip made small and coded by x264, (h, w, 3), RGB."""
    highs = (crop_to_multiple(high, scale) for high in islice(read_pixels(path), frames))
    return code(imresize(high, 1 / scale) for high in highs)


def degrade(
    clip: ClipInfo,
    frames: Iterator[Frame],
    lows: Iterator[Pixels] | None,
    *,
    scale: int,
    degradation: Degradation,
) -> Iterator[Picture]:
    """Give each ground-truth frame with its small version, as the model sees it."""
    to_rgb = FrameToRgb(clip)
    for number, frame in enumerate(frames):
        high = crop_to_multiple(to_pixels(to_rgb.convert(frame)), scale)
        if lows is not None:
            small = next(lows, None)
            if small is None or tuple(scale * n for n in small.shape[:2]) != high.shape[:2]:
                raise OptionError(
                    f"frame {number} of the small clip is missing or is not {scale} times smaller "
                    "than the ground truth: give matching clips"
                )
        elif degradation == "bd":
            small = blur_down(high, scale)
        else:
            small = imresize(high, 1 / scale)
        rgb = small.transpose(2, 0, 1).astype(np.float32) / np.float32(255)
        yield Picture(frame=frame, rgb=rgb)


def to_pixels(rgb: NDArray[np.float32]) -> Pixels:
    """Turn (3, h, w) float in [0, 1] into (h, w, 3) uint8."""
    return (np.clip(rgb, 0, 1) * 255).round().astype(np.uint8).transpose(1, 2, 0)


def crop_to_multiple(image: Pixels, scale: int) -> Pixels:
    """Cut off the last rows and columns that a picture `scale` times smaller cannot have."""
    h, w = image.shape[:2]
    return image[: h - h % scale, : w - w % scale]
