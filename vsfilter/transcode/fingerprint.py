"""What decides the frames of an output, in words: when one of them changes, work begins anew."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Mapping
from dataclasses import fields
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING

from vsfilter.errors import SourceError
from vsfilter.image_pattern import list_images
from vsfilter.transcode.plan import Plan

if TYPE_CHECKING:
    from _typeshed import DataclassInstance

_SAMPLE_BYTES = 1 << 20
_SIZE, _DATE, _CONTENT = "size of the input", "date of the input", "content of the input"
_PACKAGES = ("vsfilter", "torch", "av", "vapoursynth")
_CHOSEN = frozenset(
    f"setting {name}"
    for name in ("model", "weights", "device", "precision", "core", "context", "tile")
)
"""What `request` tells of settings that may say "auto"; what was chosen for them counts."""
_WITHOUT_EFFECT = ("strict", "limits", "watchdog_s")
"""Settings that change no frame."""


def is_repeatable(source: str) -> bool:
    """Tell whether an input can be read again, and be known to be the same one."""
    return bool(_files(source))


def fingerprint(asked: Mapping[str, str], plan: Plan) -> dict[str, str]:
    """Describe all that decides the frames of an output.

    Args:
        asked: What the user asks for; see `request`.
        plan: What was chosen.

    Returns:
        What each thing is, by its name, for people to read.
    """
    made_from = {name: word for name, word in asked.items() if name not in _CHOSEN}
    for name in ("model", "device", "precision", "core", "context", "tile"):
        made_from[name] = str(getattr(plan, name))
    return made_from | {
        "hash of the weights": plan.weights_sha256,
        "package of the model": plan.plugin,
        "clip": str(plan.clip),
        "restored clip": str(plan.restored),
    }


def request(source: str, **settings: DataclassInstance) -> dict[str, str]:
    """Describe what a user asks for, as far as it is known before the input is opened.

    Args:
        source: The input as the user gave it; one that cannot be read is described so.
        settings: All settings that the user gave, by a word for their kind.
    """
    asked = {f"version of {name}": version(name) for name in _PACKAGES}
    unread = {"input": "cannot be read"}
    try:
        asked |= _identity(source) if is_repeatable(source) else unread
    except OSError:  # opening it says why
        asked |= unread
    for kind, record in settings.items():
        for item in fields(record):
            if item.name not in _WITHOUT_EFFECT:
                asked[f"{kind} {item.name}"] = str(getattr(record, item.name))
    return asked


def refuse_change(source: str, made_from: Mapping[str, str]) -> None:
    """Refuse an input that is no longer what it was: its frames may be of two films.

    What was deleted meanwhile was open, and was read to its end.

    Args:
        source: The input as the user gave it.
        made_from: What `fingerprint` said of it.

    Raises:
        SourceError: Its size or what it holds has changed.
    """
    if not _files(source):
        return
    now = _identity(source)
    is_one = Path(source).is_file()
    names = [_SIZE, _CONTENT if is_one else _DATE]  # one file may be touched without being changed
    if any(now[name] != made_from[name] for name in names):
        raise SourceError(
            f"input {source!r} changed while it was read: give the same command again when it is "
            "complete"
        )


def _identity(source: str) -> dict[str, str]:
    """Describe the input: sizes and dates of its files, and samples of what they hold."""
    files = _files(source)
    stats = [file.stat() for file in files]
    dates = hashlib.sha256()
    contents = hashlib.sha256()
    for file, stat in zip(files, stats, strict=True):
        dates.update(os.fsencode(file.name))  # a name need not be text in any encoding
        dates.update(f" {stat.st_size} {stat.st_mtime_ns}\n".encode())
        if len(files) == 1:
            contents.update(_sample(file))
    return {
        _SIZE: str(sum(stat.st_size for stat in stats)),
        _DATE: str(stats[0].st_mtime) if len(files) == 1 else dates.hexdigest()[:16],
        _CONTENT: contents.hexdigest()[:16],
    }


def _files(source: str) -> list[Path]:
    path = Path(source)
    found = [path] if path.is_file() else list_images(source)
    return [file for file in found if file.is_file()]  # others come and go


def _sample(file: Path) -> bytes:
    """Read the head, the middle and the tail of a file."""
    size = file.stat().st_size
    with file.open("rb") as opened:
        samples = []
        for start in (0, size // 2, max(0, size - _SAMPLE_BYTES)):
            opened.seek(start)
            samples.append(opened.read(_SAMPLE_BYTES))
    return b"".join(samples)
