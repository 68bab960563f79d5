"""The user's folder of weights: where it is, what lies in it, and how a file gets there.

Published files lie in it under their published names, the user's own in `added/` as
`NAME-<first 8 digits of the SHA-256>.<suffix>`. So the folder needs no index, and a file that was
put there by hand counts too.
"""

from __future__ import annotations

import hashlib
import os
import re
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from vsfilter.errors import WeightsError
from vsfilter.whole_file import whole_file

from .named import NamedWeights

VARIABLE = "VSFILTER_WEIGHTS"
"""Environment variable that names another folder."""
NAME = r"[A-Za-z0-9][\w.-]*"
ADDED = re.compile(rf"(?P<name>{NAME})-(?P<hash>[0-9a-f]{{8}})\.\w+")
SHOWN = 8
"""Digits of the hash in the names of added files, as in those of published ones."""


@dataclass(frozen=True, slots=True, kw_only=True)
class AddedWeights:
    """A file of the user's own, known by name.

    Attributes:
        name: What the user types.
        file: Where it lies.
        sha256: First digits of the hash that it had when it was added.
    """

    name: str
    file: Path
    sha256: str

    def has_hash(self, digest: str) -> bool:
        """Tell whether a file with this full SHA-256 is the one."""
        return digest.startswith(self.sha256)


def weights_folder() -> Path:
    """Give the folder; it need not exist."""
    if chosen := os.environ.get(VARIABLE):
        return Path(chosen).expanduser()
    from platformdirs import user_data_path  # each system has its own place for such data

    return user_data_path("vsfilter", appauthor=False) / "weights"


def sha256(path: Path) -> str:
    """Compute the hash of a file, in hex."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def file_of(item: NamedWeights) -> Path:
    """Give the place of a set's file, whether it lies there or not."""
    return item.file if isinstance(item.file, Path) else weights_folder() / item.file.name


def how_to_get(item: NamedWeights) -> str:
    """Say what to do about a set that is missing or damaged, with a network and without."""
    if isinstance(item.file, Path):
        return "reinstall its plugin"
    by_hand = f"get '{item.file.name}' from {item.file.page} and 'vsr weights add' it"
    return f"'vsr weights pull {item.name}', or {by_hand}" if item.file.url else by_hand


def verified_file(item: NamedWeights) -> Path:
    """Give the file of a set, after checking its hash.

    Raises:
        WeightsError: It is missing or has another hash.
    """
    path = file_of(item)
    if not path.is_file():
        raise WeightsError(
            f"weights '{item.name}' are not installed ('{path}' is missing): {how_to_get(item)}"
        )
    if not item.has_hash(sha256(path)):
        raise WeightsError(
            f"weights '{item.name}' are damaged ('{path}' has another hash): {how_to_get(item)}"
        )
    return path


def added_weights() -> dict[str, AddedWeights]:
    """Find the files that the user added, by name."""
    found = {}
    for path in sorted((weights_folder() / "added").glob("*")):
        if match := ADDED.fullmatch(path.name):
            found[match["name"]] = AddedWeights(name=match["name"], file=path, sha256=match["hash"])
    return found


def verified_added_file(name: str) -> Path | None:
    """Give the file that the user added under this name, after checking its hash.

    Raises:
        WeightsError: It has another hash than when it was added.
    """
    if (added := added_weights().get(name)) is None:
        return None
    if not added.has_hash(sha256(added.file)):
        raise WeightsError(
            f"weights '{name}' are damaged: '{added.file}' has another hash than when it was "
            "added: delete it and add the original again"
        )
    return added.file


def place_for(name: str, digest: str, suffix: str) -> Path:
    """Give the place of a file of the user's own.

    Raises:
        WeightsError: The name cannot be one.
    """
    if not re.fullmatch(NAME, name):
        raise WeightsError(
            f"name '{name}' is not of letters, digits, '.', '_' and '-': choose another with --name"
        )
    kept = suffix.lower() if re.fullmatch(r"\.\w+", suffix) else ".pth"
    return weights_folder() / "added" / f"{name}-{digest[:SHOWN]}{kept}"


def store(source: Path, target: Path, *, digest: str) -> None:
    """Copy a file into the folder, whole or not at all.

    Args:
        source: The file.
        target: Its place.
        digest: The SHA-256 that it had when it was judged.

    Raises:
        WeightsError: The folder cannot be written, another process is writing there, or the
            source has just changed.
    """
    with writing_to(target.parent), blame_folder(target.parent), whole_file(target) as part:
        shutil.copyfile(source, part)
        if sha256(part) != digest:
            raise WeightsError(f"'{source}' changed while it was copied: try again")


@contextmanager
def writing_to(folder: Path) -> Iterator[None]:
    """Make the folder and keep other processes out of it while the body runs.

    Raises:
        WeightsError: It cannot be written, or another process is writing there.
    """
    from filelock import FileLock, Timeout

    with blame_folder(folder):
        folder.mkdir(parents=True, exist_ok=True)
        lock = FileLock(folder / ".lock")
        try:
            lock.acquire(timeout=0)
        except Timeout as error:
            raise WeightsError(
                f"another process is writing into '{folder}': wait until it is done"
            ) from error
    try:
        yield
    finally:
        lock.release()


@contextmanager
def blame_folder(folder: Path) -> Iterator[None]:
    """Turn what the disk refuses into a WeightsError."""
    try:
        yield
    except OSError as error:
        raise WeightsError(
            f"'{folder}' cannot be written ({error.strerror or error}): free some space there, or "
            f"choose another folder with {VARIABLE}"
        ) from error
