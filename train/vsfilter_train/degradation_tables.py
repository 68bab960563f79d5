"""The `[[degradations]]` of a recipe, and the installed kinds that they name."""

import difflib
from collections import Counter
from collections.abc import Sequence
from dataclasses import is_dataclass
from importlib.metadata import EntryPoint, entry_points
from typing import Any

from vsfilter.errors import OptionError, PluginError

from .degradations.degradation import Degradation
from .degradations.step import Step
from .typed_table import Readers, fill

GROUP = "vsfilter.degradations"
"""Entry-point group: the name of a kind, and its dataclass."""


def read_degradations(tables: Any, *, where: str) -> tuple[Step, ...]:
    """Make the degradations that a recipe lists.

    Args:
        tables: TOML's list of tables.
        where: What to call the recipe in messages.

    Raises:
        OptionError: A kind is unknown, or a setting is unknown or wrong.
        PluginError: The plugin that offers a kind is broken, or two offer it.
    """
    if not isinstance(tables, list):
        raise OptionError(f"{where}: degradations is {tables!r}: give tables [[degradations]]")
    return tuple(
        _read_step(table, f"{where}, [[degradations]] {number}")
        for number, table in enumerate(tables, start=1)
    )


def _read_step(table: Any, where: str) -> Step:
    if not isinstance(table, dict):
        raise OptionError(f"{where} is {table!r}: give a table with a kind")
    kind = table.get("kind")
    if not isinstance(kind, str):
        raise OptionError(f"{where} has the kind {kind!r}: choose one of {', '.join(_names())}")
    where = f"{where} ({kind})"
    own = {key: value for key, value in table.items() if key == "probability"}
    settings = {key: value for key, value in table.items() if key not in ("kind", *own)}
    readers: Readers = {Degradation: _read_step}
    degrade = fill(_find_kind(kind, where), settings, where=where, readers=readers)
    step: Step = fill(Step, {"kind": kind, "degrade": degrade, **own}, where=where)
    return step


def _names() -> list[str]:
    return sorted({entry.name for entry in entry_points(group=GROUP)})


def _find_kind(kind: str, where: str) -> Any:  # Any: a plugin's dataclass
    entries: Sequence[EntryPoint] = [e for e in entry_points(group=GROUP) if e.name == kind]
    if not entries:
        near = difflib.get_close_matches(kind, _names(), n=1)
        hint = f"did you mean {near[0]!r}? Known: " if near else "choose one of "
        raise OptionError(f"{where}: unknown degradation, {hint}{', '.join(_names())}")
    owners = Counter(entry.value for entry in entries)
    if len(owners) > 1:
        raise PluginError(f"{where} is offered as {' and '.join(owners)}: uninstall one")
    try:
        found = entries[0].load()
    except Exception as error:  # the plugin border: strangers raise anything
        reason = f"{type(error).__name__}: {error}".splitlines()[0]
        raise PluginError(f"{where}: {entries[0].value} cannot be loaded: {reason}") from error
    is_kind = isinstance(found, type) and is_dataclass(found)
    if not is_kind or not any("__call__" in vars(part) for part in found.__mro__):
        raise PluginError(f"{where}: {entries[0].value} is no dataclass: give one with __call__")
    return found
