"""One hash of all that a training learns from: of the contents, not of names and places."""

from __future__ import annotations

import hashlib
import json
import logging
import tempfile
from collections.abc import Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path

from vsfilter.cache_folder import cache_folder
from vsfilter.errors import SourceError

from .clip import Clip, ClipPart

log = logging.getLogger(__name__)
_LAYOUT = 1
"""To be raised when the hash of a clip changes its meaning."""


def hash_clips(clips: Iterable[Clip]) -> str:
    """Hash clips by what is stored of them, in any order: the same on every machine.

    Each is read once, in bounded memory. Hashes of clips are kept in the user's folder of caches,
    as long as sizes and times of the files stay.

    Args:
        clips: Whole ones, and scenes of clips; the same one may come again.

    Returns:
        SHA-256, in hex.

    Raises:
        SourceError: One cannot be read.
    """
    used = [(clip, _stamp(_whole(clip))) for clip in clips]
    digests = _hash_wholes({stamp: _whole(clip) for clip, stamp in used})
    lines = sorted({_line(clip, digests[stamp]) for clip, stamp in used})
    return hashlib.sha256("\n".join(lines).encode()).hexdigest()


def hash_files(paths: Sequence[Path]) -> str:
    """Hash the contents of files in their order; SHA-256, in hex.

    Raises:
        OSError: One cannot be read.
    """
    total = hashlib.sha256()
    for path in paths:
        with path.open("rb") as file:
            total.update(hashlib.file_digest(file, "sha256").digest())
    return total.hexdigest()


def stamp_files(paths: Sequence[Path]) -> str:
    """Give a word that changes with the place, the size and the time of change of files."""
    total = hashlib.sha256()
    for path in paths:
        state = path.stat()
        total.update(f"{path.resolve()} {state.st_size} {state.st_mtime_ns}\n".encode())
    return total.hexdigest()


def stamp_if_there(path: Path) -> str:
    """Give the stamp of a file; nothing where it is not there, which reading it will tell."""
    try:
        return stamp_files([path])
    except OSError:
        return ""


def _whole(clip: Clip) -> Clip:
    while isinstance(clip, ClipPart):
        clip = clip.clip
    return clip


def _line(clip: Clip, digest: str) -> str:
    """Describe what is used of a clip."""
    if isinstance(clip, ClipPart):
        return f"{_line(clip.clip, digest)} {clip.part}"
    return digest


def _hash_wholes(wholes: dict[str, Clip]) -> dict[str, str]:
    """Give the hashes of clips by their stamps; read those that are not known yet."""
    names = sorted(clip.name for clip in wholes.values())
    key = hashlib.sha256("\n".join(names).encode()).hexdigest()
    folder = cache_folder() / "data" / str(_LAYOUT)
    # other trainings may have read some of them
    known = {
        stamp: text
        for file in folder.glob("*.json")
        for stamp, text in _read(file).items()
        if stamp in wholes
    }
    missing = {stamp: clip for stamp, clip in wholes.items() if stamp not in known}
    if missing:
        size = sum(clip.stored_bytes for clip in missing.values())
        log.info("hashing %.0f MB of clips", size / 1e6)
        with ThreadPoolExecutor(max_workers=4) as pool:
            known.update(zip(missing, pool.map(_digest, missing.values()), strict=True))
        _store(folder / f"{key[:32]}.json", known)
    return known


def _stamp(clip: Clip) -> str:
    with _readable(clip):
        return clip.stamp()


def _digest(clip: Clip) -> str:
    with _readable(clip):
        return clip.digest()


@contextmanager
def _readable(clip: Clip) -> Iterator[None]:
    """Say which clip it is that cannot be read."""
    try:
        yield
    except OSError as error:
        raise SourceError(f"'{clip.name}' cannot be read: {error.strerror or error}") from error


def _read(file: Path) -> dict[str, str]:
    try:
        content = json.loads(file.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    return content if isinstance(content, dict) else {}


def _store(file: Path, known: dict[str, str]) -> None:
    """Keep hashes, whole or not at all; without them the next training takes longer."""
    try:
        file.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.NamedTemporaryFile(dir=file.parent, delete=False) as part:
            part.write(json.dumps(known).encode())
        Path(part.name).replace(file)
    except OSError as error:
        log.debug("hashes are not kept in '%s': %s", file, error)
