"""Which inputs a command line means, and where the output of each goes."""

from __future__ import annotations

import glob
import re
from dataclasses import dataclass
from pathlib import Path

import typer

from vsfilter.errors import OptionError, SourceNotFoundError, VsfilterError
from vsfilter.image_pattern import is_image_pattern, is_pattern, natural_key, numbered_images

STANDARD_INPUT = "-"
_VIDEO = ("mkv", "mp4", "mov", "webm")
_IMAGES = ("png", "tiff")
_IMAGE_NAME = "%06d"
_SCRIPT = ".vpy"
_NAMELESS = "video"
"""Name of the output of an input that is named by dots alone, which would mean a folder above."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Job:
    """One input and its output.

    Attributes:
        source: A file, a folder of images, a pattern of images, a script, or -.
        target: A file, a pattern of images, or -.
        refusal: Why it cannot be done, where that is known already.
    """

    source: str
    target: str
    refusal: VsfilterError | None = None


def one_job(paths: list[str]) -> Job:
    """Read IN and OUT.

    Raises:
        UsageError: They are not two.
        SourceNotFoundError: IN is a pattern that no file fits.
        OptionError: IN is a pattern that several files fit.
    """
    if len(paths) != 2:
        raise typer.BadParameter(
            f"{len(paths)} paths are given: give IN and OUT, or inputs and --output-dir "
            "(in quotes, frames/*.png is one input)"
        )
    found = expand([paths[0]])
    if len(found) > 1:
        raise OptionError(
            f"input {paths[0]!r} fits {len(found)} files: give --output-dir instead of OUT, or for "
            "images of one clip a pattern that ends in their suffix"
        )
    return Job(source=found[0], target=paths[1])


def batch_jobs(paths: list[str], folder: Path, container: str | None) -> list[Job]:
    """Give each input an output of its own in a folder.

    Args:
        paths: The inputs.
        folder: Where the outputs go.
        container: mkv, mp4, mov, webm, png or tiff; None for the input's own where it can be
            written, else mkv.

    Raises:
        OptionError: The container is unknown, or two outputs would have one name.
        SourceNotFoundError: A pattern fits no file.
    """
    if container is not None and container not in (*_VIDEO, *_IMAGES):
        raise OptionError(
            f"container is {container!r}: give one of {', '.join((*_VIDEO, *_IMAGES))}"
        )
    jobs = [
        Job(source=source, target=_target(source, folder, container)) for source in expand(paths)
    ]
    owners: dict[str, str] = {}
    for job in jobs:
        other = owners.setdefault(job.target.casefold(), job.source)  # macOS and Windows fold
        if other != job.source:
            raise OptionError(
                f"inputs {other!r} and {job.source!r} would both become {job.target!r}: run them "
                "apart, each with a folder of its own"
            )
    return jobs


def expand(paths: list[str]) -> list[str]:
    """Put what a pattern fits in its place, in natural order; a clip's images stay one.

    What is given twice counts once.

    Raises:
        SourceNotFoundError: A pattern fits no file.
        OptionError: A pattern that does not ask for scripts fits one, which is a program.
    """
    found: list[str] = []
    for path in paths:
        if not is_pattern(path) or is_image_pattern(path):
            found.append(path)
            continue
        # a pattern may be absolute, which Path.glob refuses
        files = map(Path, glob.glob(path, recursive=True))  # noqa: PTH207
        fitting = sorted(files, key=lambda file: (file.parent, natural_key(file)))
        if not fitting:
            raise SourceNotFoundError(f"input {path!r} fits no file: check the pattern")
        for file in fitting:
            if file.suffix.lower() == _SCRIPT and not path.lower().endswith(_SCRIPT):
                raise OptionError(
                    f"pattern {path!r} fits {str(file)!r}, a script, which can do whatever you "
                    f"can: name it, or give a pattern that ends in {_SCRIPT}, if you trust it"
                )
        found += map(str, fitting)
    return list(dict.fromkeys(found))


def _target(source: str, folder: Path, container: str | None) -> str:
    name = _name(source)
    if container in _IMAGES:
        return str(folder / name / f"{_IMAGE_NAME}.{container}")
    own = Path(source).suffix.lower().removeprefix(".")
    suffix = container or (own if own in _VIDEO else _VIDEO[0])
    return str(folder / f"{name}.{suffix}")


def _name(source: str) -> str:
    """Name the output of an input: as the input, images as what stands before their number."""
    if source == STANDARD_INPUT:
        raise OptionError("standard input has no name for its output: give OUT, not --output-dir")
    path = Path(source)
    if path.is_dir():
        return path.resolve().name or _NAMELESS
    if is_image_pattern(source):
        numbered = numbered_images(source)
        before = numbered.before if numbered else path.name
        return _fixed(before) or _fixed(path.parent.resolve().name) or "images"
    return path.stem if path.stem.strip(".") else _NAMELESS


def _fixed(name: str) -> str:
    """Give what stands in a pattern before anything that varies."""
    return re.split(r"[*?[]", name)[0].strip("_-. ")
