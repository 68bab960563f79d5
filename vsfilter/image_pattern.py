"""Names of many images in one word: `frames/%05d.png`, `frames/*.png`."""

from __future__ import annotations

import glob
import re
from dataclasses import dataclass
from fnmatch import fnmatch
from pathlib import Path

IMAGE_SUFFIXES = (".png", ".jpg", ".jpeg", ".tif", ".tiff", ".webp", ".bmp")
_NUMBER = re.compile(r"%(?:0(\d{1,2}))?d")
_GLOB = re.compile(r"[*?[]")


@dataclass(frozen=True, slots=True, kw_only=True)
class NumberedImages:
    """The files that a name with one %d or %05d stands for.

    Attributes:
        folder: Where they lie.
        before: What stands before the number in their names.
        digits: The least digits of the number.
        after: What stands after it, with the suffix.
    """

    folder: Path
    before: str
    digits: int
    after: str

    def file(self, number: int) -> Path:
        """Give the file of a number."""
        return self.folder / f"{self.before}{number:0{self.digits}d}{self.after}"

    def existing(self) -> dict[int, Path]:
        """Find the files that there are, by number, from the lowest number on."""
        if not self.folder.is_dir():
            return {}
        numbers = ((self.number_of(path), path) for path in self.folder.iterdir())
        return dict(sorted((number, path) for number, path in numbers if number is not None))

    def number_of(self, path: Path) -> int | None:
        """Give the number in the name of a file of the folder; None where it is another name."""
        number = path.name.removeprefix(self.before).removesuffix(self.after)
        if not (number.isascii() and number.isdigit()):
            return None
        is_one = path.name == self.file(int(number)).name  # not 00012 for %02d
        return int(number) if is_one else None


def numbered_images(path: str) -> NumberedImages | None:
    """Read a name with one %d or %05d, as FFmpeg's; None where it is another name."""
    whole = Path(path)
    parts = _NUMBER.split(whole.name)
    if len(parts) != 3 or whole.suffix.lower() not in IMAGE_SUFFIXES:
        return None
    before, digits, after = parts
    return NumberedImages(folder=whole.parent, before=before, digits=int(digits or 1), after=after)


def is_pattern(path: str) -> bool:
    """Tell whether a name stands for files by * ? or [, and is none of a file itself."""
    return bool(_GLOB.search(path)) and "://" not in path and not Path(path).exists()


def is_image_pattern(path: str) -> bool:
    """Tell whether a name stands for the images of one clip: by its number, or its suffix."""
    if Path(path).is_file():
        return False
    if numbered_images(path) is not None:
        return True
    return is_pattern(path) and Path(path).suffix.lower() in IMAGE_SUFFIXES


def is_image(file: Path) -> bool:
    """Tell whether a file is an image by its name; hidden ones, such as macOS's `._a.jpg`, not."""
    is_hidden = file.name.startswith(".")
    return not is_hidden and file.suffix.lower() in IMAGE_SUFFIXES and file.is_file()


def list_images(source: str) -> list[Path]:
    """List the images of an input that is a folder or a name for many; none where it is neither.

    Those with a number come by it, others in natural order.
    """
    folder, numbered = Path(source), numbered_images(source)
    if not folder.is_dir() and numbered is not None:
        return list(numbered.existing().values())
    # A pattern may be absolute, which Path.glob refuses
    files = folder.iterdir() if folder.is_dir() else map(Path, glob.glob(source))  # noqa: PTH207
    return sorted(filter(is_image, files), key=natural_key)


def takes_in(source: str, file: Path) -> bool:
    """Tell whether an input of images would hold a file, if it were there."""
    folder = Path(source)
    numbered = numbered_images(source)
    if folder.is_dir():
        return file.parent.resolve() == folder.resolve()
    if numbered is not None:
        is_there = file.parent.resolve() == numbered.folder.resolve()
        return is_there and numbered.number_of(file) is not None
    return is_pattern(source) and fnmatch(str(file.absolute()), str(folder.absolute()))


def natural_key(path: Path) -> list[tuple[int, str]]:
    """Give a sort key in which the numbers in a name count as numbers: 2 before 10."""
    parts = re.split(r"(\d+)", path.name)
    key = [(int(part), "") if part.isdecimal() else (-1, part.lower()) for part in parts]
    return [*key, (-1, path.name)]  # 1.png and 01.png, a.png and A.png: always in one order
