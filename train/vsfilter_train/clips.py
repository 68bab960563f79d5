"""Which clips of a folder may be used for training."""

import json
import logging
from pathlib import Path

from vsfilter.errors import OptionError, SourceError
from vsfilter.video_suffixes import is_video

from .clip import Clip
from .data_settings import SourceSettings
from .drawn.drawn_clip import drawn_clips
from .lmdb_clip import is_lmdb, list_lmdb_clips
from .picture_clip import PictureClip, list_picture_clips
from .video_clip import VideoClip

log = logging.getLogger(__name__)

HIGH_PART, LOW_PART = "truth", "blur4"
"""In UDM10's layout each clip is a folder that holds both, in folders of these names."""


def open_clip(path: Path) -> Clip:
    """Open a video file or a folder of pictures.

    Raises:
        SourceError: There are no pictures in the folder.
    """
    if not path.is_dir():
        return VideoClip(path)
    clips = list_picture_clips(path)
    if not clips:
        raise SourceError(f"folder '{path}' has no pictures")
    return clips[0]


def open_clips(path: Path) -> list[Clip]:
    """Open a video file, or all clips of a folder.

    Raises:
        SourceError: There are none.
    """
    return [VideoClip(path)] if path.is_file() else find_clips(path)


def find_clips(folder: Path, *, part: str = HIGH_PART) -> list[Clip]:
    """Find the clips of a folder, sorted: videos, folders of pictures below it, or an LMDB.

    The layouts of REDS, Vimeo-90K, Vid4, VideoLQ and UDM10 are known.

    Args:
        folder: Where they are.
        part: Which half of UDM10's layout is wanted.

    Raises:
        SourceError: There are none.
    """
    if not folder.exists():
        raise SourceError(f"folder '{folder}' does not exist")
    clips: list[Clip] = []
    if is_lmdb(folder):
        clips += list_lmdb_clips(folder)
    elif folder.is_dir():
        videos = filter(is_video, folder.iterdir())
        clips += [VideoClip(path) for path in sorted(videos)]
        clips += _choose_part(list_picture_clips(folder), part)
    if not clips:
        raise SourceError(f"folder '{folder}' has no video files and no folders of pictures")
    return clips


def list_clips(source: SourceSettings) -> list[Clip]:
    """List the clips of a source that may be used, sorted; those that are drawn come last.

    Raises:
        SourceError: There are none.
        OptionError: Licences matter, and the manifest is missing or damaged; or the list of
            clips is missing, or names one that does not exist; or drawing is not possible.
    """
    folder = Path(source.folder)
    clips = find_clips(folder)
    if source.list:
        clips = _choose_listed(clips, Path(source.list))
    if source.leave_out_licences:
        clips = _choose_licensed(clips, folder / "manifest.json", source.leave_out_licences)
    if not clips:
        raise SourceError(f"folder '{folder}' has no clips that may be used")
    return clips + drawn_clips(source.drawn)


def _choose_part(clips: list[PictureClip], part: str) -> list[PictureClip]:
    """Give one half of UDM10's layout under the names of the clips; other layouts as they are."""
    names = {clip.name.rpartition("/")[2] for clip in clips}
    if HIGH_PART not in names:
        return clips
    return [
        PictureClip(name=clip.name.rpartition("/")[0], paths=clip.paths)
        for clip in clips
        if clip.name.endswith(f"/{part}")
    ]


def _choose_listed(clips: list[Clip], path: Path) -> list[Clip]:
    """Give the clips that the lines of a file name, as Vimeo-90K's lists do, or BasicSR's."""
    try:
        lines = path.read_text(encoding="utf-8").splitlines()
    except OSError as error:
        raise OptionError(f"list '{path}' cannot be read: {error.strerror}") from error
    except UnicodeDecodeError as error:
        raise OptionError(f"list '{path}' is no text in UTF-8: save it as such") from error
    names = {clip.name for clip in clips}
    wanted = {_listed_name(line.strip(), names) for line in lines if line.strip()}
    found = [clip for clip in clips if clip.name in wanted]
    if missing := sorted(wanted - names):
        raise OptionError(f"list '{path}' names {missing[0]!r}, which does not exist")
    return found


def _listed_name(line: str, names: set[str]) -> str:
    """Give a line, or its first word: in BasicSR's lists length and size follow the name."""
    whole = line.strip("/")
    return whole if whole in names else line.split()[0].strip("/")


def _choose_licensed(clips: list[Clip], manifest: Path, barred: tuple[str, ...]) -> list[Clip]:
    licences = _read_licences(manifest)
    if unstated := [clip.name for clip in clips if clip.name not in licences]:
        log.warning("left out: licences of %s are not stated", ", ".join(unstated))
    return [
        clip
        for clip in clips
        if clip.name in licences and not any(text in licences[clip.name] for text in barred)
    ]


def _read_licences(manifest: Path) -> dict[str, str]:
    """Give the stated licence of each file."""
    try:
        entries = json.loads(manifest.read_text(encoding="utf-8"))
        return {str(entry["file"]): str(entry["repo_licence"]) for entry in entries}
    except FileNotFoundError as error:
        raise OptionError(
            f"'{manifest}' is missing, so licences cannot be told: for clips of your own, set "
            "data.leave_out_licences = []"
        ) from error
    except (ValueError, KeyError, TypeError) as error:
        raise OptionError(
            f"'{manifest}' is no list of entries with file and repo_licence: mend it"
        ) from error
