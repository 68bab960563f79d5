"""Settings given in words: `key=value`, as on a command line."""

from __future__ import annotations

import tomllib
from collections.abc import Iterable
from typing import Any

from vsfilter.errors import OptionError


def split_key_value(text: str, *, flag: str) -> tuple[str, str]:
    """Part "key=value" at the first "="; both remain text.

    Args:
        text: What the user gave.
        flag: The option that it was given to, for the message.

    Raises:
        OptionError: There is no key or no value.
    """
    key, separator, value = (part.strip() for part in text.partition("="))
    if not key or not separator or not value:
        raise OptionError(f"{flag} {text!r} is not of the form key=value")
    return key, value


def parse_key_value(text: str, *, flag: str) -> tuple[str, Any]:  # Any: a TOML value
    """Part "key=value"; the value is TOML, and a bare word is a string.

    Args:
        text: What the user gave.
        flag: The option that it was given to, for the message.

    Raises:
        OptionError: There is no key or no value.
    """
    key, value = split_key_value(text, flag=flag)
    try:
        return key, tomllib.loads(f"value = {value}")["value"]
    except tomllib.TOMLDecodeError:
        return key, value  # a bare word is meant as a string


def parse_key_values(texts: Iterable[str], *, flag: str) -> dict[str, Any]:  # Any: as above
    """Part several settings.

    Raises:
        OptionError: One is malformed, or a key is given twice.
    """
    values: dict[str, Any] = {}
    for text in texts:
        key, value = parse_key_value(text, flag=flag)
        if key in values:
            raise OptionError(f"{flag} gives {key!r} twice: give it once")
        values[key] = value
    return values
