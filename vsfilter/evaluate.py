"""Measuring a model on clips with ground truth, beside bicubic on the same clips."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from vsfilter.blur_down import blur_down
from vsfilter.clip import ClipInfo, ClipReader
from vsfilter.clip_measure import ClipMeasure, Score
from vsfilter.engine.restorer import Restorer
from vsfilter.engine.settings import Settings
from vsfilter.engine.stream import Picture, restore_clip
from vsfilter.errors import OptionError, SourceNotFoundError
from vsfilter.open_clip import open_clip
from vsfilter.resize import imresize
from vsfilter.rgb_converter import FrameToRgb

Degradation = Literal["bi", "bd"]
Pixels = NDArray[np.uint8]


@dataclass(frozen=True, slots=True, kw_only=True)
class Protocol:
    """How papers measure a set of clips.

    Attributes:
        degradation: "bi" for MATLAB's bicubic, "bd" for a Gaussian blur and every n-th pixel.
        crop: Border of a frame that is not compared, in px.
        is_centre: Only the middle frame of a clip counts.
        measures: VMAF or XPSNR beside PSNR and SSIM.
    """

    degradation: Degradation = "bi"
    crop: int = 0
    is_centre: bool = False
    measures: tuple[str, ...] = ()


PROTOCOLS = {
    "vid4": Protocol(),
    "reds4": Protocol(),
    "udm10": Protocol(degradation="bd"),
    "vimeo": Protocol(is_centre=True),
}
"""Of the public sets; papers give the luma of all but REDS4, where they give RGB."""


def list_clips(path: Path) -> list[Path]:
    """List the clips under a path: the file itself, or a folder's videos, or its picture folders.

    Raises:
        SourceNotFoundError: There is nothing to read.
    """
    if path.is_file():
        return [path]
    if not path.is_dir():
        raise SourceNotFoundError(f"'{path}' does not exist: give a video or a folder")
    videos = sorted(
        p for p in path.iterdir() if p.suffix.lower() in (".mkv", ".mp4", ".mov", ".y4m")
    )
    folders = sorted(p for p in path.iterdir() if p.is_dir())
    return videos or folders or [path]


def evaluate_clip(
    ground_truth: Path,
    settings: Settings,
    *,
    low: Path | None = None,
    protocol: Protocol | None = None,
) -> Score:
    """Restore a small version of a clip; compare with the clip, frame by frame.

    Args:
        ground_truth: The clip.
        settings: Model and windows.
        low: The small version; None makes it.
        protocol: How it is made small and measured; by default as for Vid4.

    Raises:
        SourceError: A clip cannot be read.
        OptionError: The sizes of the two clips do not fit the model's scale, or a measure cannot
            be taken.
    """
    protocol = protocol or Protocol()
    with _open(ground_truth) as reader, _restorer(settings, reader.info) as restorer:
        scale = restorer.scale
        if settings.scale not in (None, scale):
            raise OptionError(
                f"scale is {settings.scale}, but the model with these weights enlarges by {scale}: "
                "leave --scale out or give other weights"
            )
        lows = _read_low(low) if low else None
        pictures = _degrade(reader, lows, scale=scale, degradation=protocol.degradation)
        to_rgb = FrameToRgb(reader.info)
        with ClipMeasure(crop=protocol.crop, measures=protocol.measures) as measure:
            for small, picture in _restore(pictures, restorer):
                target = _crop(_to_pixels(to_rgb.convert(picture.frame)), scale)
                measure.add(_to_pixels(picture.rgb), target, imresize(small, scale))
            return measure.score(ground_truth.stem, is_centre=protocol.is_centre)


def _open(path: Path) -> ClipReader:
    return open_clip(str(path))


def _restorer(settings: Settings, clip: ClipInfo) -> Restorer:
    return Restorer(settings, width=clip.width, height=clip.height)


def _read_low(path: Path) -> Iterator[Pixels]:
    with _open(path) as reader:
        to_rgb = FrameToRgb(reader.info)
        for frame in reader:
            yield _to_pixels(to_rgb.convert(frame))


def _degrade(
    reader: ClipReader, lows: Iterator[Pixels] | None, *, scale: int, degradation: Degradation
) -> Iterator[Picture]:
    """Give each ground-truth frame with its small version, as the model sees it."""
    to_rgb = FrameToRgb(reader.info)
    for number, frame in enumerate(reader):
        high = _crop(_to_pixels(to_rgb.convert(frame)), scale)
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


def _restore(pictures: Iterator[Picture], restorer: Restorer) -> Iterator[tuple[Pixels, Picture]]:
    """Restore the clip; give each restored picture with the small one that it came from."""
    smalls: list[Pixels] = []

    def remember() -> Iterator[Picture]:
        for picture in pictures:
            smalls.append(_to_pixels(picture.rgb))
            yield picture

    for picture in restore_clip(remember(), restorer):
        yield smalls.pop(0), picture


def _to_pixels(rgb: NDArray[np.float32]) -> Pixels:
    """Turn (3, h, w) float in [0, 1] into (h, w, 3) uint8."""
    return (np.clip(rgb, 0, 1) * 255).round().astype(np.uint8).transpose(1, 2, 0)


def _crop(image: Pixels, scale: int) -> Pixels:
    h, w = image.shape[:2]
    return image[: h - h % scale, : w - w % scale]
