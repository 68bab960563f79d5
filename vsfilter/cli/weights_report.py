"""How `vsr weights` shows sets, files and downloads."""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Iterable, Mapping
from dataclasses import asdict
from typing import TYPE_CHECKING, Self

from vsfilter.weights import PublishedFile
from vsfilter.weights.folder import AddedWeights, file_of
from vsfilter.weights.installed import KnownSet, find_set

if TYPE_CHECKING:
    from rich.progress import Progress, TaskID

    from vsfilter.weights.inspection import Inspection

MEGABYTE = 1_000_000


def set_entry(known: KnownSet) -> dict[str, object]:
    """Give all that is known of a set, for JSON."""
    item = known.item
    published = item.file if isinstance(item.file, PublishedFile) else None
    return {
        "name": item.name,
        "model": known.backend,
        "state": known.state,
        "file": None if known.state == "available" else str(file_of(item)),
        "scale": item.scale,
        "degradation": list(item.degradation),
        "sha256": item.sha256,
        "source": item.source,
        "licence": item.licence,
        "published_file": published and published.name,
        "page": published and published.page,
        "url": published and (published.url or None),
        "size": published and published.size,
        "scores": [asdict(score) for score in published.scores] if published else [],
    }


def added_entry(added: AddedWeights) -> dict[str, object]:
    """Give what the folder shows of a file of the user's own, for JSON."""
    return {
        "name": added.name,
        "state": "installed",
        "file": str(added.file),
        "sha256": added.sha256,
        "source": "added by you",
    }


def inspection_entry(found: Inspection) -> dict[str, object]:
    """Give all that is known of a file, for JSON."""
    published = found.published and set_entry(find_set(found.published.name))
    return {
        "file": str(found.file),
        "sha256": found.sha256,
        "layout": found.layout,
        "model": found.backend,
        "scale": found.scale,
        "parameters": found.parameters,
        "options": dict(found.options),
        "header": dict(found.header) or None,
        "published": published,
    }


def print_sets(sets: Iterable[KnownSet], added: Iterable[AddedWeights]) -> None:
    """Print one line for each set, in columns."""
    rows = [
        (
            known.item.name,
            known.state,
            f"x{known.item.scale}",
            "+".join(known.item.degradation),
            known.item.licence,
            known.item.source,
        )
        for known in sets
    ]
    rows += [(file.name, "installed", "", "", "", "added by you") for file in added]
    widths = [max(len(row[column]) for row in rows) for column in range(5)] if rows else []
    for row in rows:
        cells = [cell.ljust(width) for cell, width in zip(row, [*widths, 0], strict=True)]
        print("  ".join(cells).rstrip())


def print_entry(entry: Mapping[str, object], *, indent: str = "") -> None:
    """Print an entry line by line, without what is empty; parts of it further in."""
    for key, value in entry.items():
        if value in (None, [], {}):
            continue
        if isinstance(value, Mapping):
            print(f"{indent}{key}")
            print_entry(value, indent=indent + "  ")
        elif isinstance(value, list) and isinstance(value[0], Mapping):
            print(f"{indent}{key}")
            for part in value:
                print(f"{indent}  {', '.join(f'{name} {part[name]}' for name in part)}")
        else:
            text = value if isinstance(value, str) else json.dumps(value)
            print(f"{indent}{key}: {text}")


class ByteProgress:
    """Shows how much of a file has come: a bar on a terminal, else a line now and then.

    Args:
        name: What comes.
    """

    LINE_EVERY_S = 10.0

    def __init__(self, name: str) -> None:
        self._name = name
        self._last_line = time.monotonic()
        self._bar: Progress | None = None
        self._task: TaskID | None = None

    def __enter__(self) -> Self:
        """Show nothing yet: it may be there already."""
        return self

    def update(self, done: int, total: int | None) -> None:
        """Tell how many bytes have come, and of how many."""
        if sys.stderr.isatty():
            self._draw(done, total)
        elif time.monotonic() - self._last_line >= self.LINE_EVERY_S:
            self._last_line = time.monotonic()
            of_total = f" of {total / MEGABYTE:.1f}" if total else ""
            print(f"{self._name}: {done / MEGABYTE:.1f}{of_total} MB", file=sys.stderr)

    def _draw(self, done: int, total: int | None) -> None:
        if self._bar is None or self._task is None:
            from rich.console import Console
            from rich.progress import BarColumn, DownloadColumn, Progress, TransferSpeedColumn

            self._bar = Progress(
                "{task.description}",
                BarColumn(),
                DownloadColumn(),
                TransferSpeedColumn(),
                console=Console(stderr=True),
            )
            self._task = self._bar.add_task(self._name, total=total)
            self._bar.start()
        self._bar.update(self._task, completed=done, total=total)

    def __exit__(self, *_: object) -> None:
        """Leave the bar as it is."""
        if self._bar is not None:
            self._bar.stop()
