"""Writing clips as folders of PNG pictures: all frames, scenes, small versions, sub-images."""

from __future__ import annotations

import logging
import shutil
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from itertools import islice
from pathlib import Path, PurePosixPath

from vsfilter.blur_down import blur_down
from vsfilter.errors import OptionError, SinkError, SinkExistsError, SourceError
from vsfilter.resize import imresize

from .clip import Clip, Pixels
from .clip_scan import Found
from .picture_clip import pack_picture
from .video_clip import VideoClip

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


def folder_name(clip: Clip) -> str:
    """Give the name of a clip's folder: that of a video file without its suffix."""
    if isinstance(clip, VideoClip):
        return str(PurePosixPath(clip.name).with_suffix(""))
    return clip.name


def write_frames(frames: Iterable[Pixels], folder: Path) -> int:
    """Write pictures (h, w, 3), RGB, as `00000000.png` and so on, all or none.

    Returns:
        Their number.

    Raises:
        SinkExistsError: The folder exists.
        SinkError: They cannot be written.
    """
    if folder.exists():
        raise SinkExistsError(f"output '{folder}' exists: remove it, or use another folder")
    part = folder.with_name(folder.name + ".part")
    shutil.rmtree(part, ignore_errors=True)
    count = 0
    try:
        part.mkdir(parents=True)
        for picture in frames:
            (part / f"{count:08}.png").write_bytes(pack_picture(picture))
            count += 1
        part.replace(folder)
    except OSError as error:
        raise SinkError(f"'{folder}' cannot be written: {error.strerror}") from error
    finally:
        shutil.rmtree(part, ignore_errors=True)
    return count


def write_scenes(clip: Clip, found: Found, out: Path, *, shortest: int, longest: int) -> int:
    """Write the useful scenes of a clip, each into a folder `NAME_000` and so on.

    Args:
        clip: Is decoded once more, from its start.
        found: What a scan has found in it.
        out: Folder of the folders.
        shortest: Frames that a scene has to have.
        longest: Frames after which a scene goes on in another folder.

    Returns:
        Number of folders.
    """
    frames, position, written = clip.frames(), 0, 0
    for scene in found.scenes:
        for start in range(scene.start, scene.start + scene.count, longest):
            count = min(longest, scene.start + scene.count - start)
            if not scene.is_useful or count < shortest:
                continue
            try:
                for _ in islice(frames, start - position):
                    pass
            except SourceError:  # the scan has told of it, and found a scene beyond
                frames = clip.frames(start)
            write_frames(islice(frames, count), out / f"{folder_name(clip)}_{written:03}")
            position, written = start + count, written + 1
    return written


def shrinker(scale: int, kind: str) -> Callable[[Pixels], Pixels]:
    """Give what makes a frame small: "bi" for MATLAB's bicubic, "bd" for blur-down.

    Raises:
        OptionError: It is another kind, or no scale.
    """
    if kind not in ("bi", "bd"):
        raise OptionError(f"kind is {kind!r}: give bi or bd")
    if scale < 1:
        raise OptionError(f"scale is {scale}: give at least 1")

    def shrink(frame: Pixels) -> Pixels:
        cropped = crop(frame, scale)
        return imresize(cropped, 1 / scale) if kind == "bi" else blur_down(cropped, scale)

    return shrink


def crop(frame: Pixels, multiple: int) -> Pixels:
    """Crop a frame at the right and the bottom to a multiple, in px."""
    h, w = frame.shape[:2]
    return frame[: h - h % multiple, : w - w % multiple]


def write_sub_images(clip: Clip, out: Path, grid: Grid) -> int:
    """Write the sub-images of a clip, each place into a folder `NAME_s001` and so on.

    Returns:
        Number of folders; none where the clip is smaller than a sub-image.
    """
    size = clip.size()
    places = [(y, x) for y in grid.starts(size.height) for x in grid.starts(size.width)]
    if not places:
        log.warning("left out: '%s' is smaller than %d px", clip.name, grid.side)
        return 0
    folders = [out / f"{folder_name(clip)}_s{n:03}" for n in range(1, len(places) + 1)]
    if existing := [folder for folder in folders if folder.exists()]:
        raise SinkExistsError(f"output '{existing[0]}' exists: remove it, or use another folder")
    parts = [folder.with_name(folder.name + ".part") for folder in folders]
    try:
        for part in parts:
            shutil.rmtree(part, ignore_errors=True)
            part.mkdir(parents=True)
        for number, frame in enumerate(clip.frames()):
            for part, (y, x) in zip(parts, places, strict=True):
                piece = frame[y : y + grid.side, x : x + grid.side]
                (part / f"{number:08}.png").write_bytes(pack_picture(piece))
        for part, folder in zip(parts, folders, strict=True):
            part.replace(folder)
    except OSError as error:
        raise SinkError(f"'{out}' cannot be written: {error.strerror}") from error
    finally:
        for part in parts:
            shutil.rmtree(part, ignore_errors=True)
    return len(folders)
