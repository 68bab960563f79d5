"""Filling dataclasses from TOML tables, checked by the types of their fields."""

import difflib
from collections.abc import Callable, Iterable, Mapping
from dataclasses import MISSING, Field, fields
from types import NoneType, UnionType
from typing import Any, Union, get_args, get_origin, get_type_hints

from vsfilter.errors import OptionError

type Readers = Mapping[object, Callable[[Any, str], Any]]
"""For types that are neither plain values nor lists of them: what reads one, and says where."""


def fill(kind: Any, values: Any, *, where: str, readers: Readers | None = None) -> Any:
    """Make a dataclass of a table.

    Args:
        kind: The dataclass.
        values: The table, as TOML values, or already of the types of the fields.
        where: What to call the table in messages.
        readers: How to read fields of other types than plain values.

    Raises:
        OptionError: It is no table, a setting is unknown or has a wrong type, or the dataclass
            refuses it.
    """
    if not isinstance(values, dict):
        raise OptionError(f"{where} is {values!r}: give a table")
    refuse_unknown(kind, values, where=where)
    types = get_type_hints(kind)
    checked = {
        key: _check(value, types[key], f"{where}: {key}", readers or {})
        for key, value in values.items()
    }
    if missing := [item.name for item in fields(kind) if _is_lacking(item, checked)]:
        raise OptionError(f"{where}: give {', '.join(missing)}")
    try:
        return kind(**checked)
    except TypeError as error:
        raise OptionError(f"{where}: {error}") from error
    except OptionError as error:
        raise OptionError(f"{where}: {error}") from error


def refuse_unknown(kind: Any, values: Iterable[str], *, where: str) -> None:
    """Refuse settings that a dataclass has no fields for; arguments are those of `fill`.

    Raises:
        OptionError: There is one.
    """
    known = [item.name for item in fields(kind)]
    for key in values:
        if key not in known:
            near = difflib.get_close_matches(key, known, n=1)
            hint = f", did you mean {near[0]!r}?" if near else f" (known: {', '.join(known)})"
            raise OptionError(f"{where}: unknown setting {key!r}{hint}")


def _is_lacking(item: Field[Any], given: Mapping[str, Any]) -> bool:
    """Tell whether a field without a default is not given."""
    has_default = item.default is not MISSING or item.default_factory is not MISSING
    return not has_default and item.name not in given


def _check(value: Any, expected: Any, where: str, readers: Readers) -> Any:  # Any: TOML values
    """Check one value against the annotation of its field; lists become tuples."""
    if get_origin(expected) in (UnionType, Union):  # of a type and None, which TOML cannot say
        (expected,) = (item for item in get_args(expected) if item is not NoneType)
    if expected in readers:
        return readers[expected](value, where)
    if expected is float and type(value) is int:
        return float(value)
    if get_origin(expected) is tuple:
        return _check_list(value, get_args(expected), where, readers)
    if get_origin(expected) is dict and not isinstance(value, dict):
        raise OptionError(f"{where} is {value!r}: give a table")
    if expected in (str, int, float, bool) and type(value) is not expected:
        raise OptionError(f"{where} is {value!r}: give a value of type {expected.__name__}")
    return value


def _check_list(value: Any, items: Any, where: str, readers: Readers) -> tuple[Any, ...]:
    """Check a list against the types inside `tuple[...]`."""
    if isinstance(value, tuple):  # no TOML: it has been read already
        return value
    if not isinstance(value, list):
        raise OptionError(f"{where} is {value!r}: give a list")
    if items[-1] is Ellipsis:
        items = items[:1] * len(value)
    if len(items) != len(value):
        raise OptionError(f"{where} is {value!r}: give {len(items)} values")
    pairs = zip(value, items, strict=True)
    return tuple(
        # only where tables lie inside does it help to say which
        _check(entry, item, f"{where} {n}" if isinstance(entry, list | dict) else where, readers)
        for n, (entry, item) in enumerate(pairs, start=1)
    )
