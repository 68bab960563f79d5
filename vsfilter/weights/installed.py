"""What `vsr weights` does: listing sets of weights, getting them, and checking them."""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from vsfilter.discovery import backends
from vsfilter.errors import DownloadError, WeightsError

from .download import Download, fetch
from .folder import (
    AddedWeights,
    added_weights,
    file_of,
    how_to_get,
    place_for,
    sha256,
    store,
    verified_file,
    writing_to,
)
from .http_transfer import Report
from .named import NamedWeights
from .resolve import suggest

OFFLINE = "VSFILTER_OFFLINE"
"""Environment variable that forbids downloads; "0" and nothing allow them."""

State = Literal["bundled", "installed", "available"]


@dataclass(frozen=True, slots=True, kw_only=True)
class KnownSet:
    """A set of weights and the backend that knows it.

    Attributes:
        item: The set.
        backend: Name of its backend.
    """

    item: NamedWeights
    backend: str

    @property
    def state(self) -> State:
        """Whether it comes with the plugin, lies in the user's folder, or must be fetched."""
        if isinstance(self.item.file, Path):
            return "bundled"
        return "installed" if file_of(self.item).is_file() else "available"


def known_sets() -> dict[str, KnownSet]:
    """Give the sets of all backends by name; of two with one name, the first."""
    found: dict[str, KnownSet] = {}
    for backend in backends().values():
        for item in backend.weights:
            found.setdefault(item.name, KnownSet(item=item, backend=backend.name))
    return found


def published_with(digest: str) -> NamedWeights | None:
    """Find the set whose file has this full SHA-256."""
    sets = (known.item for known in known_sets().values())
    return next((item for item in sets if item.has_hash(digest)), None)


def pull(name: str, report: Report, *, is_offline: bool = False) -> Path:
    """Get a published set, unless it is there; what is damaged is fetched anew.

    Args:
        name: Name of the set.
        report: Is told how far it is.
        is_offline: Refuse to use the network.

    Returns:
        Where its file lies, its hash checked.

    Raises:
        WeightsError: There is no such set, it cannot be fetched, or not stored.
    """
    item = find_set(name).item
    place = file_of(item)
    if place.is_file() and item.has_hash(sha256(place)):
        return place
    if isinstance(item.file, Path) or not item.file.url:
        raise WeightsError(f"weights '{name}' cannot be fetched: {how_to_get(item)}")
    by_hand = f"get '{item.file.name}' from {item.file.page} and 'vsr weights add' it"
    if is_offline or os.environ.get(OFFLINE, "0") not in ("", "0"):
        raise DownloadError(f"weights '{name}' are not fetched offline: {by_hand}")
    with writing_to(place.parent):
        try:
            fetch(
                Download(url=item.file.url, target=place, sha256=item.sha256, size=item.file.size),
                report,
            )
        except DownloadError as error:
            raise DownloadError(f"weights '{name}': {error}; or {by_hand}") from error
    return place


def find_set(name: str) -> KnownSet:
    """Give the set of that name.

    Raises:
        WeightsError: No backend knows it.
    """
    known = known_sets()
    if name not in known:
        raise WeightsError(f"no weights '{name}'{suggest(name, known)}: see vsr weights list")
    return known[name]


def add_published(file: Path, item: NamedWeights, digest: str) -> Path:
    """Put a file that was recognised by its hash where its set is looked for.

    Returns:
        Where it lies now, or lay already.

    Raises:
        WeightsError: The folder cannot be written.
    """
    place = file_of(item)
    if not isinstance(item.file, Path) and not (place.is_file() and item.has_hash(sha256(place))):
        store(file, place, digest=digest)
    return place


def add_own(file: Path, name: str, digest: str) -> Path:
    """Put a file of the user's own into the folder, so that its name can be typed.

    Returns:
        Where it lies now, or lay already.

    Raises:
        WeightsError: The name is taken or cannot be one, or the folder cannot be written.
    """
    if name in known_sets():
        raise WeightsError(
            f"name '{name}' is that of published weights, which '{file}' is not: choose another "
            "with --name"
        )
    place = place_for(name, digest, file.suffix)
    lying = added_weights().get(name)
    if lying is not None and lying.file != place:
        raise WeightsError(
            f"name '{name}' is taken by another file, '{lying.file}': delete that or choose "
            "another name with --name"
        )
    if lying is None or sha256(place) != digest:
        store(file, place, digest=digest)
    return place


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdict:
    """What came of checking a file.

    Attributes:
        name: Name of the weights.
        file: The file.
        is_whole: It has the hash that it should have.
        remedy: What to do when it is not whole.
    """

    name: str
    file: Path
    is_whole: bool
    remedy: str


def verify(names: Sequence[str]) -> Iterator[Verdict]:
    """Hash the files of sets that are there.

    Args:
        names: Names of sets and of added files; none for all that are there.

    Raises:
        WeightsError: A name is not known, or not installed.
    """
    sets, added = known_sets(), added_weights()
    for name in names:
        if name not in added and find_set(name).state == "available":
            verified_file(sets[name].item)  # says what is missing and where to get it
    for name, known in sets.items():
        if (not names or name in names) and known.state != "available":
            yield _judge(name, file_of(known.item), known.item, how_to_get(known.item))
    for name, file in added.items():
        if not names or name in names:
            yield _judge(name, file.file, file, "delete it and add the original again")


def _judge(name: str, file: Path, item: NamedWeights | AddedWeights, remedy: str) -> Verdict:
    is_whole = file.is_file() and item.has_hash(sha256(file))
    return Verdict(name=name, file=file, is_whole=is_whole, remedy=remedy)
