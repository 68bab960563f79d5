"""How the recipe of a training that goes on differs from the one that it had before."""

from __future__ import annotations

import json
import logging
from collections.abc import Iterator, Mapping

from .state import Progress

log = logging.getLogger(__name__)
LONGEST_VALUE = 40
"""Characters of a value that is told; of a longer one only its name."""


def take_over(
    progress: Progress, before: Mapping[str, object] | None, now: Mapping[str, object]
) -> None:
    """Say what differs from the recipe before, and forget a best result that says nothing now.

    Args:
        progress: Where the training is.
        before: The recipe with which that was reached, as JSON values; None is not known.
        now: The recipe of today.
    """
    if before is not None and (changes := list_changes(before, now)):
        log.info("goes on with other settings than before: %s", ", ".join(changes))
    if before is not None and _measured(before) != _measured(now):
        log.info("validation is another one than before: from here on the best weights are anew")
        progress.best_psnr = 0.0


def _measured(recipe: Mapping[str, object]) -> list[tuple[str, object]]:
    """Give the settings that say what validation measures."""
    flat = dict(_flat(json.loads(json.dumps(recipe))))
    names = {name for name in flat if name.startswith("data.validation") or name == "degradations"}
    if flat.get("degradations"):
        names.add("schedule.seed")
    return sorted((name, flat[name]) for name in names)


def list_changes(before: Mapping[str, object], now: Mapping[str, object]) -> list[str]:
    """List the settings that differ, as `schedule.rate 0.001 -> 0.002`, sorted.

    Args:
        before: A recipe as JSON values.
        now: Another one.
    """
    old, new = (dict(_flat(json.loads(json.dumps(recipe)))) for recipe in (before, now))
    differing = sorted(key for key in old.keys() | new.keys() if old.get(key) != new.get(key))
    return [_tell(key, old.get(key), new.get(key)) for key in differing]


def _flat(table: Mapping[str, object], prefix: str = "") -> Iterator[tuple[str, object]]:
    """Give all settings of a table by their dotted names."""
    for key, value in table.items():
        if isinstance(value, dict):
            yield from _flat(value, f"{prefix}{key}.")
        else:
            yield f"{prefix}{key}", value


def _tell(key: str, *values: object) -> str:
    words = [json.dumps(value) for value in values]
    is_short = max(map(len, words)) <= LONGEST_VALUE
    return f"{key} {' -> '.join(words)}" if is_short else key
