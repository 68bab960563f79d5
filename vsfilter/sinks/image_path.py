"""The place where numbered images go."""

from __future__ import annotations

from pathlib import Path

from vsfilter.errors import SinkError, SinkExistsError
from vsfilter.image_pattern import NumberedImages, numbered_images
from vsfilter.sinks.encoding.known_encoders import IMAGE_ENCODERS
from vsfilter.sinks.segments.work_folder import WorkFolder


def is_image_target(target: str) -> bool:
    """Tell whether an output is meant to be images, by its suffix."""
    return Path(target).suffix.lower() in IMAGE_ENCODERS


def check_images(target: str, *, overwrite: bool) -> NumberedImages:
    """Refuse images that must not or cannot be written, before any work is done.

    Args:
        target: Their common name, with the number as %d or %05d.
        overwrite: Whether existing ones may be replaced.

    Raises:
        SinkExistsError: There are such images, and they may not be replaced.
        SinkError: The name has no number, or there is no place for their folder.
    """
    images = numbered_images(target)
    if images is None:
        path = Path(target)
        example = str(path.with_name(f"{path.stem}-%05d{path.suffix}"))
        raise SinkError(f"output {target!r} has no place for a number: give {example!r}")
    if images.folder.exists() and not images.folder.is_dir():
        raise SinkError(f"{str(images.folder)!r} is a file: images need a folder")
    if not images.folder.exists() and not images.folder.parent.is_dir():
        raise SinkError(f"the folder around {str(images.folder)!r} does not exist: make it first")
    found = [*images.existing().values(), *filter(Path.exists, [times_path(images)])]
    # those that a stopped run had begun to put there are its own
    if found and not overwrite and not WorkFolder(Path(target)).publishing.exists():
        raise SinkExistsError(
            f"output {target!r} exists ({str(found[0])!r} and so on): use --overwrite or another "
            "name"
        )
    return images


def times_path(images: NumberedImages) -> Path:
    """Give the place of the file that tells when the images are shown."""
    return images.folder / f"{images.before}timecodes.txt"
