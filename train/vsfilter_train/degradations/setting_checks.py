"""Checks that several degradations make on their settings."""

from __future__ import annotations

import math
from collections.abc import Collection, Sequence

from vsfilter.errors import OptionError


def check_number(name: str, value: float, *, least: float, most: float = math.inf) -> None:
    """Refuse a number out of its range, or none at all.

    Raises:
        OptionError: It is not from `least` to `most`, or not finite.
    """
    if not least <= value <= most or math.isinf(value):
        raise OptionError(f"{name} is {value}: give a number {_words(least, most)}")


def check_range(
    name: str, bounds: tuple[float, float], *, least: float, most: float = math.inf
) -> None:
    """Refuse what is no range from a smaller number to a larger one.

    Raises:
        OptionError: It is no pair, is out of order, or leaves `least` to `most`.
    """
    is_pair = len(bounds) == 2
    if not is_pair or not least <= bounds[0] <= bounds[1] <= most or math.isinf(bounds[1]):
        raise OptionError(
            f"{name} is {list(bounds)}: give two numbers {_words(least, most)}, the smaller first"
        )


def check_choices(name: str, values: Sequence[str], known: Collection[str]) -> None:
    """Refuse an empty list, or one with a word that is not known.

    Raises:
        OptionError: It is so.
    """
    if not values or not set(values) <= set(known):
        raise OptionError(f"{name} is {list(values)}: choose from {', '.join(known)}")


def check_shares(name: str, shares: Sequence[float], *, count: int) -> None:
    """Refuse what does not share out certainty among `count` choices.

    Raises:
        OptionError: There are more or fewer, one is negative, or their sum is not 1.
    """
    is_right = len(shares) == count and min(shares) >= 0 and abs(sum(shares) - 1) < 1e-3
    if not is_right:
        raise OptionError(f"{name} is {list(shares)}: give {count} numbers from 0 whose sum is 1")


def _words(least: float, most: float) -> str:
    return f"from {least:g}" if math.isinf(most) else f"from {least:g} to {most:g}"
