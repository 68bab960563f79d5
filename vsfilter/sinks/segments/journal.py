"""An append-only journal that survives a crash: what it tells was on the disk before."""

from __future__ import annotations

import json
import os
import stat
import zlib
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any

Entry = dict[str, Any]  # Any: whatever JSON holds
_MOST_BYTES = 64 << 20


class Journal:
    """Lines of JSON, each with a checksum.

    What follows the first damaged line is cut off: a crash tears the last line only. So is what
    follows the first 64 MiB, which note more segments than the longest film has.

    Args:
        path: The file; it is created where there is none.

    Attributes:
        entries: What it held when it was opened.

    Raises:
        OSError: It cannot be read or written.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self.entries, whole = _read(path)
        self._file = path.open("r+b" if path.exists() else "w+b")
        self._file.truncate(whole)
        self._file.seek(whole)

    def append(self, entry: Mapping[str, Any]) -> None:  # Any: whatever JSON holds
        """Write an entry, and wait until the disk has it.

        Raises:
            OSError: It cannot be written.
        """
        text = json.dumps(entry, separators=(",", ":")).encode("ascii")
        self._file.write(b"%08x %s\n" % (zlib.crc32(text), text))
        self._file.flush()
        os.fsync(self._file.fileno())

    def close(self) -> None:
        """Release the file; safe to call twice."""
        with suppress(OSError):  # what did not get to the disk was said when it was written
            self._file.close()


def read_journal(path: Path) -> list[Entry]:
    """Read what a journal holds, and change nothing.

    Raises:
        OSError: It cannot be read, or is no plain file: a pipe that somebody has put there would
            never end.
    """
    if not stat.S_ISREG(path.lstat().st_mode):
        raise OSError(f"{path} is no plain file")
    return _read(path)[0]


def _read(path: Path) -> tuple[list[Entry], int]:
    """Give the entries before the first damaged line, and how many bytes they take."""
    data = b""
    if path.exists():
        with path.open("rb") as file:
            data = file.read(_MOST_BYTES)
    entries: list[Entry] = []
    whole = 0
    for line in data.splitlines(keepends=True):
        entry = _parse(line)
        if entry is None:
            break
        entries.append(entry)
        whole += len(line)
    return entries, whole


def _parse(line: bytes) -> Entry | None:
    checksum, _, text = line.partition(b" ")
    if not text.endswith(b"\n") or checksum != b"%08x" % zlib.crc32(text[:-1]):
        return None
    try:
        entry = json.loads(text)
    except (ValueError, RecursionError):
        return None
    return entry if isinstance(entry, dict) else None
