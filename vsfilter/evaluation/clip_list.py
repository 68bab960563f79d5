"""Which clips are measured: a file, the videos of a folder, or the folders of pictures in it."""

from __future__ import annotations

import logging
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from vsfilter.errors import OptionError, SourceNotFoundError
from vsfilter.image_pattern import is_image
from vsfilter.video_suffixes import is_video

_LOG = logging.getLogger(__name__)
_TEST_LIST = "sep_testlist.txt"
"""Vimeo-90K's list of the clips that nobody learns from, beside the folder that has all of them."""
_TRUTH = "truth"
"""UDM10's folder of what is to be found, beside the blurred and small versions of a clip."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ListedClip:
    """A clip that is to be measured.

    Attributes:
        path: A video, or a folder of pictures.
        name: That of the video without its suffix, or the folder's path below that of the set.
    """

    path: Path
    name: str


def list_clips(path: Path) -> list[ListedClip]:
    """List the clips under a path: the file itself, or a folder's videos, or its picture folders.

    These may lie deeper, as in Vimeo-90K, of which those of its test list count.

    Raises:
        SourceNotFoundError: There is nothing to read.
    """
    if path.is_file():
        return [ListedClip(path=path, name=path.stem)]
    if not path.is_dir():
        raise SourceNotFoundError(f"'{path}' does not exist: give a video or a folder")
    videos = sorted(filter(is_video, path.iterdir()))
    if videos and (beside := [p.name for p in _folders(path) if any(map(is_image, p.iterdir()))]):
        _LOG.warning(
            "'%s' has videos, so its folders of pictures are not measured: %s",
            path,
            ", ".join(beside),
        )
    if videos:
        return [ListedClip(path=video, name=video.stem) for video in videos]
    listed = path.parent / _TEST_LIST
    found = _listed(path, listed) if listed.is_file() else _picture_folders(path)
    return [ListedClip(path=folder, name=_name(folder, path)) for folder in found]


def match_smalls(clips: Sequence[ListedClip], low: Path | None) -> Sequence[Path | None]:
    """Find the small version of each clip: by its place, or by its name in a folder.

    Raises:
        OptionError: One has none, or two have the same name.
        SourceNotFoundError: There is nothing at `low`.
    """
    if low is None:
        return [None] * len(clips)
    smalls = list_clips(low)
    if len(clips) == len(smalls) == 1:
        return [smalls[0].path]
    found = {small.name: small.path for small in smalls}
    if missing := [clip.name for clip in clips if clip.name not in found]:
        raise OptionError(f"'{low}' has no clip named {missing[0]!r}: name them as in --gt")
    for each in (clips, smalls):
        name, count = Counter(clip.name for clip in each).most_common(1)[0]
        if count > 1:
            raise OptionError(f"several clips are named {name!r}: rename all but one")
    return [found[clip.name] for clip in clips]


def _folders(path: Path) -> list[Path]:
    return sorted(p for p in path.iterdir() if p.is_dir() and not p.name.startswith("."))


def _listed(path: Path, file: Path) -> list[Path]:
    """Give the folders that a list names, as far as they lie under the path."""
    names = file.read_text(encoding="utf-8").split()
    found = [path / name for name in names if (path / name).is_dir()]
    if not found:
        raise SourceNotFoundError(f"'{path}' has none of the clips of '{file}'")
    return found


def _picture_folders(path: Path) -> list[Path]:
    """Give the lowest folders, and those with pictures in them, in order."""
    inside = _folders(path)
    if not inside or any(map(is_image, path.iterdir())):
        return [path]
    chosen = [folder for folder in inside if folder.name == _TRUTH] or inside
    return [found for folder in chosen for found in _picture_folders(folder)]


def _name(folder: Path, top: Path) -> str:
    parts = folder.relative_to(top).parts
    kept = parts[:-1] if parts[1:] and parts[-1] == _TRUTH else parts
    return "/".join(kept) or folder.name
