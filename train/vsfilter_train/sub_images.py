"""Cutting frames into parts, which are read faster than whole ones."""

from __future__ import annotations

import logging
import shutil
from dataclasses import dataclass
from pathlib import Path

from vsfilter.errors import OptionError, SinkError

from .clip import Clip
from .frame_folders import folder_name, is_written
from .picture_clip import pack_picture

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True, kw_only=True)
class Grid:
    """How frames are cut into sub-images, as BasicSR's tools do it.

    Attributes:
        side: Of a sub-image, in px.
        step: From one to the next, in px.
        threshold: Pixels that have to be left at an edge for one more, which then overlaps.
    """

    side: int = 480
    step: int = 240
    threshold: int = 48

    def __post_init__(self) -> None:
        """Refuse what cuts nothing."""
        for name, least in (("side", 1), ("step", 1), ("threshold", 0)):
            if getattr(self, name) < least:
                raise OptionError(f"{name} is {getattr(self, name)}: give at least {least}")

    def starts(self, length: int) -> list[int]:
        """List where sub-images begin along an axis of `length` px; none when it is too short."""
        starts = list(range(0, length - self.side + 1, self.step))
        if starts and length - (starts[-1] + self.side) > self.threshold:
            starts.append(length - self.side)
        return starts


def write_sub_images(clip: Clip, out: Path, grid: Grid, *, resume: bool) -> int:
    """Write the sub-images of a clip, each place into a folder `NAME_s001` and so on.

    With `resume`, folders that are there already stay as they are.

    Returns:
        Number of folders; none where the clip is smaller than a sub-image.
    """
    size = clip.size()
    places = [(y, x) for y in grid.starts(size.height) for x in grid.starts(size.width)]
    if not places:
        log.warning("left out: '%s' is smaller than %d px", clip.name, grid.side)
        return 0
    folders = [out / f"{folder_name(clip)}_s{n:03}" for n in range(1, len(places) + 1)]
    wanted = [
        (folder.with_name(folder.name + ".part"), folder, place)
        for folder, place in zip(folders, places, strict=True)
        if not is_written(folder, resume=resume)
    ]
    if not wanted:
        return len(folders)
    try:
        for part, _, _ in wanted:
            shutil.rmtree(part, ignore_errors=True)
            part.mkdir(parents=True)
        for number, frame in enumerate(clip.frames()):
            for part, _, (y, x) in wanted:
                piece = frame[y : y + grid.side, x : x + grid.side]
                (part / f"{number:08}.png").write_bytes(pack_picture(piece))
        for part, folder, _ in wanted:
            part.replace(folder)
    except OSError as error:
        raise SinkError(f"'{out}' cannot be written: {error.strerror}") from error
    finally:
        for part, _, _ in wanted:
            shutil.rmtree(part, ignore_errors=True)
    return len(folders)
