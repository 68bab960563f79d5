"""Reading recipes: TOML into checked settings."""

import difflib
import tomllib
from dataclasses import fields
from pathlib import Path
from typing import Any

from vsfilter.errors import OptionError
from vsfilter.key_value import parse_key_value

from .settings import DataSettings, ModelSettings, Recipe, ScheduleSettings

TABLES = {"model": ModelSettings, "data": DataSettings, "schedule": ScheduleSettings}


def read_recipe(path: Path, *, changes: tuple[str, ...] = ()) -> Recipe:
    """Read a recipe.

    Args:
        path: A TOML file.
        changes: Settings that differ, as `table.key=value` with a TOML value.

    Raises:
        OptionError: The file is missing or no TOML, or a setting is unknown or has a wrong type.
    """
    try:
        content = tomllib.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise OptionError(f"recipe '{path}' does not exist or cannot be read") from error
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise OptionError(f"recipe '{path}' is no TOML: {error}") from error
    for change in changes:
        _apply(content, change)
    tables = {
        name: _fill(kind, content.pop(name, {}), where=f"recipe '{path}', table [{name}]")
        for name, kind in TABLES.items()
    }
    recipe: Recipe = _fill(Recipe, {**content, **tables}, where=f"recipe '{path}'")
    return recipe


def _apply(content: dict[str, Any], change: str) -> None:
    key, value = parse_key_value(change, flag="--set")
    *parents, last = key.split(".")
    for parent in parents:
        content = content.setdefault(parent, {})
        if not isinstance(content, dict):
            raise OptionError(f"--set {change!r}: {parent} is a value, not a table")
    content[last] = value


def _fill(kind: Any, values: dict[str, Any], *, where: str) -> Any:  # Any: one of the dataclasses
    if not isinstance(values, dict):
        raise OptionError(f"{where} is {values!r}: give a table")
    known = {item.name: item for item in fields(kind)}
    for key in values:
        if key not in known:
            near = difflib.get_close_matches(key, known, n=1)
            hint = f", did you mean {near[0]!r}?" if near else f" (known: {', '.join(known)})"
            raise OptionError(f"{where}: unknown setting {key!r}{hint}")
    checked = {
        key: _check(value, known[key].type, f"{where}: {key}") for key, value in values.items()
    }
    try:
        return kind(**checked)
    except TypeError as error:
        raise OptionError(f"{where}: {str(error).split('__init__() ')[-1]}") from error


def _check(value: Any, expected: Any, where: str) -> Any:  # Any: TOML values
    """Check one value against the annotation of its field; lists become tuples."""
    if expected is float and type(value) is int:
        return float(value)
    if expected in (tuple[str, ...], tuple[float, ...]):
        item = str if expected == tuple[str, ...] else float
        if not isinstance(value, list):
            raise OptionError(f"{where} is {value!r}: give a list")
        return tuple(_check(entry, item, where) for entry in value)
    if expected == dict[str, Any] and not isinstance(value, dict):
        raise OptionError(f"{where} is {value!r}: give a table")
    if expected in (str, int, float) and type(value) is not expected:
        raise OptionError(f"{where} is {value!r}: give a value of type {expected.__name__}")
    return value
