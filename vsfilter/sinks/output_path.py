"""The place where an output file goes."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from vsfilter.errors import SinkError, SinkExistsError

FORMATS = {".mkv": "matroska", ".mp4": "mp4", ".mov": "mov", ".webm": "webm"}
"""FFmpeg's muxers by the suffix of an output."""
SUFFIXES = tuple(FORMATS)


def followed(path: Path) -> Path:
    """Give the file that is written for an output: of a link, the one that it leads to."""
    return path.resolve() if path.is_symlink() else path


def check_output(
    path: Path,
    *,
    streams_from: Path | None,
    overwrite: bool,
    suffixes: Sequence[str] = SUFFIXES,
) -> None:
    """Refuse an output that must not or cannot be written, before any work is done.

    Raises:
        SinkExistsError: It exists and may not be replaced.
        SinkError: Its suffix or place cannot be used, or it is the input.
    """
    path = followed(path)
    if path.suffix.lower() not in suffixes:
        raise SinkError(
            f"output {str(path)!r} has the suffix {path.suffix!r}: use {', '.join(suffixes)}"
        )
    if path.is_dir():
        raise SinkError(f"output {str(path)!r} is a folder: give the name of a file")
    if streams_from is not None and path.exists() and path.samefile(streams_from):
        raise SinkError(f"output {str(path)!r} is the input itself: give another name")
    if path.exists() and not overwrite:
        raise SinkExistsError(f"output {str(path)!r} exists: use --overwrite or another name")
    if not path.parent.is_dir():
        raise SinkError(f"the folder of output {str(path)!r} does not exist: make it first")
