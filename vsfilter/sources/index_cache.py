"""Indexes of media files, kept between runs in the user's folder of caches.

An index is found again by the path, the size and the time of change of its file, and by the
versions of FFmpeg's libraries, since another decoder may give other samples. Whoever reads one
compares the first frame too. A cache that cannot be written or read costs time only.
"""

from __future__ import annotations

import gzip
import hashlib
import json
import logging
import os
import tempfile
import zlib
from dataclasses import asdict, fields
from pathlib import Path

import av

from vsfilter.cache_folder import cache_folder
from vsfilter.sources.frame_table import FrameTable, IndexEntry

_LOG = logging.getLogger(__name__)
_LAYOUT = 2
"""To be raised when the entries change their meaning."""
_KEPT_FILES = 200


def read_table(path: str, *, track: int) -> FrameTable | None:
    """Give what was stored for a file as it is now; None where nothing was."""
    file = _cache_file(path, track=track)
    if file is None or not file.is_file():
        return None
    try:
        table = json.loads(gzip.decompress(file.read_bytes()))
        depth = int(table["reorder_depth"])
        names = [field.name for field in fields(IndexEntry)]
        rows = zip(*(table[name] for name in names), strict=True)
        entries = [IndexEntry(**dict(zip(names, row, strict=True))) for row in rows]
        os.utime(file)  # the files that were not used for longest go first
    except (OSError, EOFError, ValueError, KeyError, TypeError, zlib.error) as error:
        _LOG.debug("index %s is not used: %s", file, error)
        return None
    return FrameTable(entries=entries, reorder_depth=depth)


def store_table(path: str, frames: FrameTable, *, track: int) -> None:
    """Store the table of a file, whole or not at all; and let the oldest ones go."""
    file = _cache_file(path, track=track)
    if file is None:
        return
    rows = [asdict(entry) for entry in frames.entries]
    table: dict[str, object] = {
        field.name: [row[field.name] for row in rows] for field in fields(IndexEntry)
    }
    table["reorder_depth"] = frames.reorder_depth
    try:
        file.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.NamedTemporaryFile(dir=file.parent, delete=False) as part:
            part.write(gzip.compress(json.dumps(table).encode(), compresslevel=1))
        Path(part.name).replace(file)
        _forget_oldest(file.parent)
    except OSError as error:
        _LOG.debug("index %s is not stored: %s", file, error)


def _cache_file(path: str, *, track: int) -> Path | None:
    """Give the name of the index of a file; None for what is no file."""
    try:
        file = Path(path).resolve(strict=True)
        state = file.stat()
    except OSError:
        return None
    versions = sorted(av.library_versions.items())
    identity = (_LAYOUT, str(file), state.st_size, state.st_mtime_ns, track, versions)
    digest = hashlib.sha256(json.dumps(identity).encode()).hexdigest()
    return cache_folder() / "index" / f"{digest[:32]}.json.gz"


def _forget_oldest(folder: Path) -> None:
    files = sorted(folder.iterdir(), key=lambda file: file.stat().st_mtime, reverse=True)
    for file in files[_KEPT_FILES:]:
        file.unlink(missing_ok=True)
