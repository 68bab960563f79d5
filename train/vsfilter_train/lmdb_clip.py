"""Clips in an LMDB: one file for millions of pictures, laid out as BasicSR's tools do it."""

from __future__ import annotations

import re
import shutil
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from vsfilter.errors import OptionError, SinkExistsError, SourceError

from .clip import Clip, ClipSize, Pixels
from .picture_clip import PictureClip, pack_picture, unpack_picture

FIRST_BYTES = 1 << 28
FRAMES_A_COMMIT = 32
"""What is not committed is held in memory."""


@dataclass(frozen=True, slots=True, kw_only=True)
class LmdbClip:
    """Pictures of a database.

    Attributes:
        name: What their keys have in common.
        keys: Of the pictures, in order.
        width: In px.
        height: In px.
        database: An open `lmdb.Environment`.
    """

    name: str
    keys: tuple[str, ...]
    width: int
    height: int
    database: Any  # an lmdb.Environment, which has no types

    @property
    def stored_bytes(self) -> int:
        """See `Clip`."""
        with self.database.begin() as transaction:
            return sum(len(transaction.get(key.encode()) or b"") for key in self.keys)

    @property
    def has_exact_size(self) -> bool:
        """See `Clip`."""
        return True

    def size(self) -> ClipSize:
        """See `Clip`."""
        return ClipSize(frames=len(self.keys), height=self.height, width=self.width)

    def frames(self) -> Iterator[Pixels]:
        """See `Clip`."""
        for key in self.keys:
            yield self._get(key)

    def read(self, start: int = 0, count: int | None = None) -> Pixels:
        """See `Clip`."""
        keys = self.keys[start : None if count is None else start + count]
        if not keys:
            raise SourceError(f"'{self.name}' has no frame {start}")
        return np.stack([self._get(key) for key in keys])

    def _get(self, key: str) -> Pixels:
        with self.database.begin() as transaction:
            packed = transaction.get(key.encode())
        if packed is None:
            raise SourceError(f"'{self.database.path()}' lacks the key {key!r}")
        return unpack_picture(np.frombuffer(packed, np.uint8), key)


def is_lmdb(folder: Path) -> bool:
    """Tell whether a folder is a database."""
    return (folder / "data.mdb").is_file()


def list_lmdb_clips(folder: Path) -> list[LmdbClip]:
    """List the clips of a database by its `meta_info.txt`.

    Raises:
        OptionError: The library lmdb is not installed.
        SourceError: The list is missing or damaged.
    """
    lmdb = _import_lmdb()
    try:
        lines = (folder / "meta_info.txt").read_text(encoding="utf-8").splitlines()
    except OSError as error:
        raise SourceError(f"'{folder}' lacks meta_info.txt: make it with vsr data lmdb") from error
    sizes: dict[str, tuple[int, int]] = {}
    keys: dict[str, list[str]] = {}
    for line in lines:
        found = re.match(r"(.+)\.\w+ \((\d+),\s*(\d+)", line)
        if found is None:
            raise SourceError(f"'{folder / 'meta_info.txt'}' has the line {line!r}: make it anew")
        name = found[1].rpartition("/")[0]
        sizes[name] = (int(found[2]), int(found[3]))
        keys.setdefault(name, []).append(found[1])
    database = lmdb.open(str(folder), readonly=True, lock=False, readahead=False)
    return [
        LmdbClip(
            name=name,
            keys=tuple(sorted(own)),
            height=sizes[name][0],
            width=sizes[name][1],
            database=database,
        )
        for name, own in sorted(keys.items())
    ]


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
    lmdb = _import_lmdb()
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


def _import_lmdb() -> Any:  # Any: it has no types
    try:
        import lmdb
    except ImportError as error:
        raise OptionError("LMDB needs a library: pip install vsfilter[lmdb]") from error
    return lmdb
