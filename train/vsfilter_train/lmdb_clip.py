"""Clips in an LMDB: one file for millions of pictures, laid out as BasicSR's tools do it."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from vsfilter.errors import OptionError, SourceError
from vsfilter.image_pattern import natural_key

from .clip import ClipSize, Pixels
from .data_hash import stamp_files
from .picture_clip import unpack_picture


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

    def stamp(self) -> str:
        """See `Clip`."""
        return f"{stamp_files([Path(self.database.path()) / 'data.mdb'])} {self.name}"

    def digest(self) -> str:
        """See `Clip`; that of a folder with the same files."""
        total = hashlib.sha256()
        for key in self.keys:
            with self.database.begin() as transaction:
                total.update(hashlib.sha256(transaction.get(key.encode()) or b"").digest())
        return total.hexdigest()

    def size(self) -> ClipSize:
        """See `Clip`."""
        return ClipSize(frames=len(self.keys), height=self.height, width=self.width)

    def frames(self, start: int = 0) -> Iterator[Pixels]:
        """See `Clip`."""
        for key in self.keys[start:]:
            yield self._get(key)

    def after_damage(self, number: int) -> int:
        """See `Clip`; each picture stands for itself."""
        return number + 1

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
    lmdb = import_lmdb()
    try:
        lines = (folder / "meta_info.txt").read_text(encoding="utf-8").splitlines()
    except OSError as error:
        raise SourceError(f"'{folder}' lacks meta_info.txt: make it with vsr data lmdb") from error
    sizes: dict[str, tuple[int, int]] = {}
    files: dict[str, list[str]] = {}
    for line in lines:
        found = re.match(r"(.+\.\w+) \((\d+),\s*(\d+)", line)
        if found is None:
            raise SourceError(f"'{folder / 'meta_info.txt'}' has the line {line!r}: make it anew")
        name = found[1].rpartition("/")[0]
        size = (int(found[2]), int(found[3]))
        if sizes.setdefault(name, size) != size:
            raise SourceError(
                f"'{folder}' has pictures of two sizes in the clip {name!r}: a clip has one"
            )
        files.setdefault(name, []).append(found[1])
    try:
        database = lmdb.open(str(folder), readonly=True, lock=False, readahead=False)
    except lmdb.Error as error:
        raise SourceError(f"'{folder}' is no database that can be read: {error}") from error
    return [
        LmdbClip(
            name=name,
            keys=tuple(file.rpartition(".")[0] for file in sorted(own, key=_order)),
            height=sizes[name][0],
            width=sizes[name][1],
            database=database,
        )
        for name, own in sorted(files.items())
    ]


def _order(file: str) -> list[tuple[int, str]]:
    """Give the place of a picture among those of its clip, as in a folder."""
    return natural_key(Path(file))


def import_lmdb() -> Any:  # Any: it has no types
    """Import the library.

    Raises:
        OptionError: It is not installed.
    """
    try:
        import lmdb
    except ImportError as error:
        raise OptionError("LMDB needs a library: pip install vsfilter[lmdb]") from error
    return lmdb
