"""Frames of a folder of images, or of those that a pattern names."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from dataclasses import replace
from fractions import Fraction
from pathlib import Path

from vsfilter.clip import ClipInfo
from vsfilter.closing import Closing
from vsfilter.errors import OptionError, SourceError, SourceNotFoundError
from vsfilter.frame import Frame
from vsfilter.image_pattern import IMAGE_SUFFIXES, list_images, numbered_images
from vsfilter.input_limits import WITHIN_REASON, InputLimits
from vsfilter.pixel_formats import sampling_name
from vsfilter.sources.pyav_source import FileSource

_LOG = logging.getLogger(__name__)
DEFAULT_RATE = Fraction(24)
"""Frames a second of images, which state none."""


class ImageSource(Closing):
    """Images of one size and format as a clip, in natural order: 2 before 10.

    Args:
        path: A folder, a glob pattern, or a name with the number as %d or %05d.
        rate: Frames a second.
        limits: How large an image may be.

    Raises:
        SourceNotFoundError: There is no such folder, or no image in it.
        SourceError: The first image cannot be read.
    """

    def __init__(
        self,
        path: str,
        *,
        rate: Fraction = DEFAULT_RATE,
        limits: InputLimits = WITHIN_REASON,
    ) -> None:
        if rate <= 0:
            raise OptionError(f"rate is {rate} frames a second: give a positive one")
        self._files, self._limits = find_images(path), limits
        with FileSource(str(self._files[0]), threads=1, limits=limits) as first:
            self._info = replace(
                first.info,
                time_base=1 / rate,
                rate=rate,
                is_rate_assumed=True,
                frame_count=len(self._files),
                expected_frame_count=None,
            )

    @property
    def info(self) -> ClipInfo:
        """What holds for every frame."""
        return self._info

    def __iter__(self) -> Iterator[Frame]:
        """Give the frames in order of pts, each once; see `frames_from`."""
        return self.frames_from(0)

    def frame_times(self) -> Iterator[int | None]:
        """Give the pts of each frame, then the end of the last one."""
        return iter(range(len(self._files) + 1))

    def frames_from(self, number: int) -> Iterator[Frame]:
        """Give the frames from a number on; no image before is read.

        Raises:
            SourceError: An image is damaged, or has another size or format than the first.
        """
        info = self.info
        for pts, file in enumerate(self._files[number:], start=number):
            frame = _read(file, self._limits)
            refuse_another_kind(frame, info, name=repr(str(file)))
            yield replace(frame, pts=pts, duration=1)

    def close(self) -> None:
        """Do nothing: no image stays open between frames."""


def find_images(path: str) -> list[Path]:
    """Find the images of a folder, or those that a pattern names, in natural order.

    Numbers that are missing are said once; the images beside them follow each other.

    Raises:
        SourceNotFoundError: There is none.
    """
    images = list_images(path)
    numbered = None if Path(path).is_dir() else numbered_images(path)
    if not images:
        others = f"they end in {', '.join(IMAGE_SUFFIXES)}"
        reason = "no file has such a name" if numbered else others
        raise SourceNotFoundError(f"input {path!r} has no images: {reason}")
    if numbered is not None:
        _tell_missing(path, list(numbered.existing()))
    return images


def _tell_missing(path: str, numbers: list[int]) -> None:
    missing = numbers[-1] - numbers[0] + 1 - len(numbers)
    if missing:
        there = set(numbers)
        gap = next(n for n in range(numbers[0], numbers[-1]) if n not in there)
        _LOG.warning("%d images of %s are missing, the first is number %d", missing, path, gap)


def refuse_another_kind(frame: Frame, first: ClipInfo, *, name: str) -> None:
    """Refuse an image that cannot follow the first one.

    Args:
        frame: The image.
        first: What the first one has made of the clip.
        name: The image, for the message.

    Raises:
        SourceError: It has another size or format, or is transparent where the first has no alpha.
    """
    if _kind_of(frame) != _kind_of(first):
        raise SourceError(
            f"image {name} is {_kind_of(frame)}, the first one is {_kind_of(first)}: make them "
            "equal"
        )
    if frame.alpha is not None and not first.has_alpha and not frame.is_opaque:
        raise SourceError(
            f"image {name} has transparent pixels, the first one has no alpha: give all of them "
            "alpha, or none"
        )


def _kind_of(what: Frame | ClipInfo) -> str:
    """Name the size and format of a frame or clip."""
    format = what.format
    family = f"yuv {sampling_name(format)}" if format.family == "yuv" else format.family
    return f"{what.width}x{what.height} {family} of {format.bits} bits"


def _read(file: Path, limits: InputLimits) -> Frame:
    with FileSource(str(file), threads=1, limits=limits) as source:
        return next(iter(source))
