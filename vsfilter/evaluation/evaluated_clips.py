"""The clips that a model is measured on, and the small versions that it is given."""

from __future__ import annotations

import logging
from collections import Counter
from collections.abc import Iterator, Sequence
from itertools import islice
from pathlib import Path
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from vsfilter.blur_down import blur_down
from vsfilter.clip import ClipInfo
from vsfilter.engine.stream import Picture
from vsfilter.errors import OptionError, SourceNotFoundError
from vsfilter.evaluation.coded_clip import code
from vsfilter.frame import Frame
from vsfilter.image_pattern import is_image
from vsfilter.readers.open_clip import open_clip
from vsfilter.resize import imresize
from vsfilter.rgb_converter import FrameToRgb
from vsfilter.video_suffixes import is_video

_LOG = logging.getLogger(__name__)
Degradation = Literal["bi", "bd", "coded"]
Pixels = NDArray[np.uint8]


def list_clips(path: Path) -> list[Path]:
    """List the clips under a path: the file itself, or a folder's videos, or its picture folders.

    Raises:
        SourceNotFoundError: There is nothing to read.
    """
    if path.is_file():
        return [path]
    if not path.is_dir():
        raise SourceNotFoundError(f"'{path}' does not exist: give a video or a folder")
    videos = sorted(filter(is_video, path.iterdir()))
    folders = sorted(p for p in path.iterdir() if p.is_dir() and not p.name.startswith("."))
    if videos and (beside := [p.name for p in folders if any(map(is_image, p.iterdir()))]):
        _LOG.warning(
            "'%s' has videos, so its folders of pictures are not measured: %s",
            path,
            ", ".join(beside),
        )
    return videos or folders or [path]


def clip_name(path: Path) -> str:
    """Name a clip: a video without its suffix, a folder with all dots that it has."""
    return path.name if path.is_dir() else path.stem


def match_smalls(clips: Sequence[Path], low: Path | None) -> Sequence[Path | None]:
    """Find the small version of each clip: by its place, or by its name in a folder.

    Raises:
        OptionError: One has none, or two have the same name.
        SourceNotFoundError: There is nothing at `low`.
    """
    if low is None:
        return [None] * len(clips)
    smalls = list_clips(low)
    if len(clips) == len(smalls) == 1:
        return smalls
    found = {clip_name(path): path for path in smalls}
    names = [clip_name(clip) for clip in clips]
    if missing := [name for name in names if name not in found]:
        raise OptionError(f"'{low}' has no clip named {missing[0]!r}: name them as in --gt")
    for each in (names, [clip_name(path) for path in smalls]):
        name, count = Counter(each).most_common(1)[0]
        if count > 1:
            raise OptionError(f"several clips are named {name!r}: rename all but one")
    return [found[name] for name in names]


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
