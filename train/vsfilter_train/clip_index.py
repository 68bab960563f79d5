"""`index.json` in a folder of clips: what a scan has found, for trainings that begin at once."""

import json
import logging
import tempfile
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path

from vsfilter.errors import SinkError, SourceError
from vsfilter.whole_file import whole_file

from .clip import Clip, Scene
from .clip_scan import Found
from .paired_clip import PairedClip
from .scene_finder import FoundScene

log = logging.getLogger(__name__)
NAME = "index.json"
FORMAT = 1


def write_index(folder: Path, found: Sequence[Found]) -> None:
    """Write what was found into a folder, whole or not at all.

    Raises:
        SinkError: It cannot be written.
    """
    text = json.dumps({"format": FORMAT, "clips": [asdict(clip) for clip in found]}, indent=1)
    try:
        with whole_file(folder / NAME) as part:
            part.write_text(text + "\n", encoding="utf-8")
    except OSError as error:
        raise SinkError(f"'{folder / NAME}' cannot be written: {error.strerror}") from error


def refuse_unwritable(folder: Path) -> None:
    """Refuse a folder that will not take an index, before hours of scanning.

    Raises:
        SinkError: Nothing can be written there.
    """
    try:
        with tempfile.TemporaryFile(dir=folder):
            pass
    except OSError as error:
        raise SinkError(f"'{folder}' cannot be written: {error.strerror}") from error


def read_index(folder: Path) -> dict[str, Found]:
    """Read the index of a folder, by the names of clips; empty where there is none.

    Raises:
        SourceError: It is damaged.
    """
    path = folder / NAME
    if not path.is_file():
        return {}
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
        if content["format"] != FORMAT:
            raise SourceError(f"'{path}' has another format: make it anew with vsr data index")
        return {entry["name"]: _read_found(entry) for entry in content["clips"]}
    except (ValueError, KeyError, TypeError) as error:
        raise SourceError(f"'{path}' is damaged: make it anew with vsr data index") from error


def _read_found(entry: dict[str, object]) -> Found:
    scenes = entry.pop("scenes")
    if not isinstance(scenes, list):
        raise TypeError
    return Found(**entry, scenes=tuple(FoundScene(**scene) for scene in scenes))  # type: ignore[arg-type]  # a wrong one is damage


def apply_index(folder: Path, pairs: Sequence[PairedClip]) -> list[PairedClip]:
    """Divide clips into the scenes that their folder's index knows, and leave useless ones out.

    A clip that the index does not know, or that has changed since, is used as it is.
    """
    index = read_index(folder)
    used: list[PairedClip] = []
    for pair in pairs:
        found = index.get(pair.name)
        if found is not None and found.stored_bytes != pair.high.stored_bytes:
            log.warning("'%s' has changed: run vsr data index %s again", pair.name, folder)
            found = None
        if found is None:
            used.append(pair)
        else:
            scenes = divide(pair.high, found)
            if found.damage:
                log.warning("%s: %s", "used in part" if scenes else "left out", found.damage)
            used += [pair.part(scene) for scene in scenes]
    return used


def divide(clip: Clip, found: Found) -> list[Scene]:
    """Divide a clip into its useful scenes."""
    useful = (scene for scene in found.scenes if scene.is_useful)
    return [Scene(clip=clip, start=scene.start, count=scene.count) for scene in useful]
