"""Frames of a folder of images, or of those that a pattern names."""

from __future__ import annotations

import glob
import re
from collections.abc import Iterator
from dataclasses import replace
from fractions import Fraction
from pathlib import Path
from types import TracebackType
from typing import Self

from vsfilter.clip import ClipInfo
from vsfilter.errors import OptionError, SourceError, SourceNotFoundError
from vsfilter.frame import Frame
from vsfilter.sources.pyav_source import FileSource

SUFFIXES = (".png", ".jpg", ".jpeg", ".tif", ".tiff", ".webp", ".bmp")
_DEFAULT_RATE = Fraction(24)


class ImageSource:
    """Images of one size and format as a clip, in natural order: 2 before 10.

    Args:
        path: A folder, or a glob pattern.
        rate: Frames a second.

    Raises:
        SourceNotFoundError: There is no such folder, or no image in it.
        SourceError: The first image cannot be read.
    """

    def __init__(self, path: str, *, rate: Fraction = _DEFAULT_RATE) -> None:
        if rate <= 0:
            raise OptionError(f"rate is {rate} frames a second: give a positive one")
        self._files = find_images(path)
        first = _read(self._files[0])
        self._info = ClipInfo(
            width=first.width,
            height=first.height,
            format=first.format,
            colour=first.colour,
            time_base=1 / rate,
            rate=rate,
            frame_count=len(self._files),
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
            frame = _read(file)
            if _kind(frame) != _kind(info):
                raise SourceError(
                    f"image {str(file)!r} is {_kind(frame)}, the first one is {_kind(info)}: "
                    "make them equal"
                )
            yield replace(frame, pts=pts, duration=1)

    def close(self) -> None:
        """Do nothing: no image stays open between frames."""

    def __enter__(self) -> Self:
        """Return the source itself."""
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
        /,
    ) -> None:
        """Close the source."""
        self.close()


def find_images(path: str) -> list[Path]:
    """Find the images of a folder, or those that a glob pattern names, in natural order.

    Raises:
        SourceNotFoundError: There is none.
    """
    folder = Path(path)
    # A pattern may be absolute, which Path.glob refuses
    names = folder.iterdir() if folder.is_dir() else map(Path, glob.glob(path))  # noqa: PTH207
    images = [file for file in names if file.suffix.lower() in SUFFIXES and file.is_file()]
    if not images:
        raise SourceNotFoundError(
            f"input {path!r} has no images: they end in {', '.join(SUFFIXES)}"
        )
    return sorted(images, key=_natural)


def _kind(what: Frame | ClipInfo) -> str:
    """Name the size and format of a frame or clip."""
    return f"{what.width}x{what.height} {what.format.family} of {what.format.bits} bits"


def _natural(file: Path) -> list[tuple[int, str]]:
    """Give a sort key in which the numbers in a name count as numbers."""
    parts = re.split(r"(\d+)", file.name)
    return [(int(part), "") if part.isdigit() else (-1, part.lower()) for part in parts]


def _read(file: Path) -> Frame:
    with FileSource(str(file), threads=1) as source:
        return next(iter(source))
