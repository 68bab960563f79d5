"""Folders of pictures as clips."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import cv2
import numpy as np

from vsfilter.errors import SourceError
from vsfilter.image_pattern import natural_key

from .clip import ClipSize, Pixels, refuse_large
from .data_hash import hash_files, stamp_files, stamp_if_there
from .picture_size import read_size

PICTURE_SUFFIXES = {".bmp", ".jpeg", ".jpg", ".png", ".tif", ".tiff"}


@dataclass(frozen=True, slots=True, kw_only=True)
class PictureClip:
    """Pictures of a folder, in the order of the numbers in their names: 2 before 10.

    Attributes:
        name: Path of the folder below that of all clips.
        paths: The pictures.
    """

    name: str
    paths: tuple[Path, ...]

    @property
    def stored_bytes(self) -> int:
        """See `Clip`."""
        return sum(path.stat().st_size for path in self.paths)

    @property
    def has_exact_size(self) -> bool:
        """See `Clip`."""
        return True

    def stamp(self) -> str:
        """See `Clip`."""
        return stamp_files(self.paths)

    def digest(self) -> str:
        """See `Clip`."""
        return hash_files(self.paths)

    def size(self) -> ClipSize:
        """See `Clip`."""
        height, width = _size(self.paths[0], stamp_if_there(self.paths[0]))
        return ClipSize(frames=len(self.paths), height=height, width=width)

    def frames(self, start: int = 0) -> Iterator[Pixels]:
        """See `Clip`."""
        shape: tuple[int, ...] | None = None
        for path in self.paths[start:]:
            picture = read_picture(path)
            if shape not in (None, picture.shape):
                raise SourceError(f"'{path}' has another size than the frames before it")
            shape = picture.shape
            yield picture

    def after_damage(self, number: int) -> int:
        """See `Clip`; each picture stands for itself."""
        return number + 1

    def read(self, start: int = 0, count: int | None = None) -> Pixels:
        """See `Clip`."""
        end = None if count is None else start + count
        pictures = [read_picture(path) for path in self.paths[start:end]]
        if not pictures:
            raise SourceError(f"'{self.paths[0].parent}' has no frame {start}")
        if len({picture.shape for picture in pictures}) > 1:
            raise SourceError(f"the pictures in '{self.paths[0].parent}' differ in size")
        return np.stack(pictures)


def list_picture_clips(folder: Path) -> list[PictureClip]:
    """List the folders of pictures at and below a folder, sorted; hidden ones are none."""
    found: dict[Path, list[Path]] = {}
    for path in sorted(folder.rglob("*")):
        is_hidden = any(name.startswith(".") for name in path.relative_to(folder).parts)
        if path.suffix.lower() in PICTURE_SUFFIXES and not is_hidden:
            found.setdefault(path.parent, []).append(path)
    clips = []
    for parent, paths in found.items():
        name = parent.relative_to(folder).as_posix()
        ordered = tuple(sorted(paths, key=natural_key))
        clips.append(PictureClip(name=folder.name if name == "." else name, paths=ordered))
    return clips


def read_picture(path: Path) -> Pixels:
    """Read a picture (h, w, 3), RGB.

    Raises:
        SourceError: It cannot be read.
    """
    try:
        packed = np.fromfile(path, np.uint8)  # cv2.imread knows no names beyond ASCII on Windows
    except OSError as error:
        raise SourceError(f"'{path}' cannot be read: {error.strerror}") from error
    return unpack_picture(packed, str(path))


def unpack_picture(packed: Pixels, name: str) -> Pixels:
    """Decode a picture file (n,) into (h, w, 3), RGB.

    Raises:
        SourceError: It is damaged, too large, or of a kind that training does not read.
    """
    size, picture = read_size(packed.tobytes()), None
    if size is not None:
        refuse_large(name, *size)
        with suppress(cv2.error):  # of a million rows of one pixel
            picture = cv2.imdecode(packed, cv2.IMREAD_COLOR)
    if picture is None:
        raise SourceError(f"'{name}' is no picture, or damaged: give PNG, JPEG, TIFF or BMP")
    return np.ascontiguousarray(picture[..., ::-1], dtype=np.uint8)


def pack_picture(picture: Pixels) -> bytes:
    """Encode (h, w, 3), RGB, as PNG."""
    _, packed = cv2.imencode(".png", picture[..., ::-1], [cv2.IMWRITE_PNG_COMPRESSION, 1])
    return packed.tobytes()


@cache
def _size(path: Path, stamp: str) -> tuple[int, int]:
    """Give rows and columns of a file that did not change since it had this stamp."""
    height, width, _ = read_picture(path).shape
    return height, width
