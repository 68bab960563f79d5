"""Frame rates as scripts write them."""

from __future__ import annotations

from fractions import Fraction

from vsfilter.errors import OptionError

_ROUNDED = Fraction(1, 1000)
"""A rate written with two decimals or more is nearer to what it means."""
_LEAST_NTSC = 7
"""Lower rates are those of time lapses, not of television, whose lowest one is 7.5."""


def read_rate(fps: object) -> Fraction | None:
    """Read frames a second: a number, or numerator and denominator; None where there is none.

    Raises:
        OptionError: It is no positive rate.
    """
    if fps is None:
        return None
    try:
        match fps:
            case (int(numerator), int(denominator)):
                rate = Fraction(numerator, denominator)
            case bool():
                raise TypeError
            case float():
                rate = _usual_rate(fps)
            case int() | Fraction():
                rate = Fraction(fps)
            case _:
                raise TypeError
    except (TypeError, ValueError, ZeroDivisionError, OverflowError) as error:
        raise OptionError(f"fps is {fps!r}: give a Fraction or (numerator, denominator)") from error
    if rate <= 0:
        raise OptionError(f"fps is {fps!r}: give a positive rate")
    return rate


def _usual_rate(fps: float) -> Fraction:
    """Give the rate that a rounded number such as 23.976 means: 24000/1001."""
    ntsc = Fraction(round(fps * 1.001) * 1000, 1001)
    if fps >= _LEAST_NTSC and abs(ntsc - Fraction(fps)) < _ROUNDED:
        return ntsc
    return Fraction(fps).limit_denominator(1_000_000)
