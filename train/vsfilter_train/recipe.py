"""Reading recipes: TOML into checked settings."""

import tomllib
from pathlib import Path
from typing import Any

from vsfilter.errors import OptionError
from vsfilter.key_value import parse_key_value

from .data_settings import DataSettings, SourceSettings
from .degradation_tables import read_degradations
from .degradations.unsharp import Unsharp
from .schedule import PartSettings, ScheduleSettings
from .settings import (
    AdversarialSettings,
    LossSettings,
    ModelSettings,
    OutputSettings,
    Recipe,
    SafetySettings,
)
from .typed_table import fill, refuse_unknown

TABLES = {
    "model": ModelSettings,
    "data": DataSettings,
    "schedule": ScheduleSettings,
    "loss": LossSettings,
    "safety": SafetySettings,
    "output": OutputSettings,
}
OPTIONAL = {"sharpen": Unsharp, "adversarial": AdversarialSettings}
LISTS = {"parts": PartSettings, "sources": SourceSettings}


def read_recipe(path: Path, *, changes: tuple[str, ...] = ()) -> Recipe:
    """Read a recipe.

    Args:
        path: A TOML file.
        changes: Settings that differ, as `table.key=value` with a TOML value.

    Raises:
        OptionError: The file is missing or no TOML, or a setting is unknown or has a wrong type.
        PluginError: The plugin of a degradation is broken.
    """
    try:
        content = tomllib.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise OptionError(f"recipe '{path}' does not exist or cannot be read") from error
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise OptionError(f"recipe '{path}' is no TOML: {error}") from error
    for change in changes:
        _apply(content, change)
    where = f"recipe '{path}'"
    refuse_unknown(Recipe, content, where=where)  # before its absence is told of a misspelt table
    tables = {
        name: fill(kind, content.pop(name, {}), where=f"{where}, table [{name}]")
        for name, kind in TABLES.items()
    }
    for name, kind in OPTIONAL.items():
        if name in content:
            tables[name] = fill(kind, content.pop(name), where=f"{where}, table [{name}]")
    tables["degradations"] = read_degradations(content.pop("degradations", []), where=where)
    for name, kind in LISTS.items():
        tables[name] = _read_list(content.pop(name, []), kind, where=f"{where}, [[{name}]]")
    # `content` holds plain values only now, so that no table can stand in for a checked one
    recipe: Recipe = fill(Recipe, {**content, **tables}, where=where)
    return recipe


def _read_list(tables: Any, kind: Any, *, where: str) -> tuple[Any, ...]:
    """Read a list of tables; Any: TOML values, dataclasses."""
    if not isinstance(tables, list):
        raise OptionError(f"{where} is {tables!r}: give tables")
    numbered = enumerate(tables, start=1)
    return tuple(fill(kind, table, where=f"{where} {number}") for number, table in numbered)


def _apply(content: dict[str, Any], change: str) -> None:
    key, value = parse_key_value(change, flag="--set")
    *parents, last = key.split(".")
    for parent in parents:
        content = content.setdefault(parent, {})
        if not isinstance(content, dict):
            raise OptionError(f"--set {change!r}: {parent} is a value, not a table")
    content[last] = value
