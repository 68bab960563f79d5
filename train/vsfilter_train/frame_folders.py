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
class Lengths:
    """How many frames a scene has to have, and may have.

    Attributes:
        shortest: Others teach nothing.
        longest: Then the scene goes on in another folder.
    """

    shortest: int = 7
    longest: int = 100


def folder_name(clip: Clip) -> str:
    """Give the name of a clip's folder: that of a video file without its suffix."""
    if isinstance(clip, VideoClip):
        return str(PurePosixPath(clip.name).with_suffix(""))
    return clip.name


def refuse_equal_names(clips: Iterable[Clip]) -> None:
    """Refuse clips that would be written into the same folder, before any is.

    Raises:
        OptionError: Two would be, such as a.mkv and a.mp4.
    """
    names: dict[str, str] = {}
    for clip in clips:
        other = names.setdefault(folder_name(clip), clip.name)
        if other != clip.name:
            raise OptionError(
                f"clips {other!r} and {clip.name!r} have the same name: rename one of them"
            )


def is_written(folder: Path, *, resume: bool) -> bool:
    """Tell whether a folder of pictures is there, which then is whole, from a run before.

    Raises:
        SinkExistsError: It is, and nobody said that there was a run before.
    """
    if folder.exists() and not resume:
        raise SinkExistsError(
            f"output '{folder}' exists: remove it, use another folder, or give --resume to keep it"
        )
    return folder.exists()


def write_frames(frames: Iterable[Pixels], folder: Path) -> int:
    """Write pictures (h, w, 3), RGB, as `00000000.png` and so on, all or none.

    Returns:
        Their number.

    Raises:
        SinkExistsError: The folder exists.
        SinkError: They cannot be written.
    """
    is_written(folder, resume=False)
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


def write_scenes(clip: Clip, found: Found, out: Path, lengths: Lengths, *, resume: bool) -> int:
    """Write the useful scenes of a clip, each into a folder `NAME_000` and so on.

    Args:
        clip: Is decoded once more, from its start.
        found: What a scan has found in it.
        out: Folder of the folders.
        lengths: How long a scene has to be, and may be.
        resume: Folders that are there already stay as they are.

    Returns:
        Number of folders.
    """
    frames, position, written = clip.frames(), 0, 0
    for scene in found.scenes:
        for start in range(scene.start, scene.start + scene.count, lengths.longest):
            count = min(lengths.longest, scene.start + scene.count - start)
            if not scene.is_useful or count < lengths.shortest:
                continue
            folder = out / f"{folder_name(clip)}_{written:03}"
            written += 1
            if is_written(folder, resume=resume):
                continue
            try:
                for _ in islice(frames, start - position):
                    pass
            except SourceError:  # the scan has told of it, and found a scene beyond
                frames = clip.frames(start)
            write_frames(islice(frames, count), folder)
            position = start + count
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
