"""Writing clips into an LMDB, laid out as BasicSR's tools do it."""

from __future__ import annotations

import shutil
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

from vsfilter.errors import OptionError, SinkExistsError

from .clip import Clip
from .lmdb_clip import import_lmdb
from .picture_clip import PictureClip, pack_picture

FIRST_BYTES = 1 << 28
FRAMES_A_COMMIT = 32
"""What is not committed is held in memory."""


def write_lmdb(clips: Iterable[Clip], folder: Path) -> int:
    """Write clips into a database, whole or not at all; a few frames are in memory at a time.

    Args:
        clips: PNG files are stored as they are; all else as PNG.
        folder: Ends in `.lmdb`.

    Returns:
        Number of frames.

    Raises:
        OptionError: The library lmdb is not installed, or the name is another.
        SinkExistsError: It exists.
        SourceError: A clip cannot be read.
    """
    lmdb = import_lmdb()
    if folder.suffix != ".lmdb":
        raise OptionError(f"output '{folder}' has the suffix {folder.suffix!r}: use .lmdb")
    if folder.exists():
        raise SinkExistsError(f"output '{folder}' exists: remove it, or use another name")
    part = folder.with_suffix(".lmdb.part")
    shutil.rmtree(part, ignore_errors=True)
    part.mkdir(parents=True)
    database, count = lmdb.open(str(part), map_size=FIRST_BYTES), 0
    with (part / "meta_info.txt").open("w", encoding="utf-8") as lines:
        for batch in _batches(_entries(clips)):
            _put(lmdb, database, batch)
            for key, _, (height, width) in batch:
                lines.write(f"{key}.png ({height},{width},3) 1\n")
            count += len(batch)
    database.close()
    (part / "lock.mdb").unlink(missing_ok=True)
    part.replace(folder)
    return count


type _Entry = tuple[str, bytes, tuple[int, int]]


def _entries(clips: Iterable[Clip]) -> Iterator[_Entry]:
    for clip in clips:
        paths = clip.paths if isinstance(clip, PictureClip) else ()
        for number, frame in enumerate(clip.frames()):
            path = paths[number] if paths else None
            is_png = path is not None and path.suffix.lower() == ".png"
            packed = path.read_bytes() if path and is_png else pack_picture(frame)
            height, width, _ = frame.shape
            key = f"{clip.name}/{path.stem if path else f'{number:08}'}"
            yield key, packed, (height, width)


def _batches(entries: Iterator[_Entry]) -> Iterator[list[_Entry]]:
    batch: list[_Entry] = []
    for entry in entries:
        batch.append(entry)
        if len(batch) == FRAMES_A_COMMIT:
            yield batch
            batch = []
    yield batch


def _put(lmdb: Any, database: Any, batch: list[_Entry]) -> None:  # Any: lmdb has no types
    """Store entries; a database that is full gets twice the room."""
    while True:
        try:
            with database.begin(write=True) as transaction:
                for key, packed, _ in batch:
                    transaction.put(key.encode(), packed)
            return
        except lmdb.MapFullError:
            database.set_mapsize(2 * database.info()["map_size"])
