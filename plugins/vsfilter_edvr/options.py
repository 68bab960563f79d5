"""The options of an EDVR, checked."""

from collections.abc import Mapping
from dataclasses import fields
from typing import Any

from vsfilter.errors import OptionError

from .architecture import PADDINGS, Architecture

LEAST = {
    "channels": 1,
    "frames": 1,
    "groups": 1,
    "extract_blocks": 0,
    "reconstruct_blocks": 0,
    "tail_width": 0,
}
FLAGS = ("has_tsa", "has_predeblur", "is_hr_in")


def parse_options(values: Mapping[str, Any]) -> Architecture:  # Any: JSON or TOML values
    """Check the options that a header, a recipe or a user states.

    Raises:
        OptionError: An option is unknown or has a wrong value.
    """
    known = {field.name for field in fields(Architecture)}
    if unknown := sorted(set(values) - known):
        raise OptionError(
            f"EDVR has no option {unknown[0]!r}: choose from {', '.join(sorted(known))}"
        )
    design = Architecture(**values)
    for name, least in LEAST.items():
        value = getattr(design, name)
        if type(value) is not int or value < least:
            raise OptionError(f"EDVR option {name} is {value!r}: give a whole number from {least}")
    for name in FLAGS:
        if type(getattr(design, name)) is not bool:
            raise OptionError(
                f"EDVR option {name} is {getattr(design, name)!r}: give true or false"
            )
    if design.channels % design.groups:
        raise OptionError(
            f"EDVR option groups is {design.groups}: give a divisor of channels ({design.channels})"
        )
    if design.is_hr_in and not design.has_predeblur:
        raise OptionError("EDVR option is_hr_in needs has_predeblur, which makes the picture small")
    _check_window(design)
    return design


def _check_window(design: Architecture) -> None:
    center = design.center
    if center is not None and (type(center) is not int or not 0 <= center < design.frames):
        raise OptionError(
            f"EDVR option center is {center!r}: give a whole number from 0 to {design.frames - 1}"
        )
    if design.padding is not None and design.padding not in PADDINGS:
        raise OptionError(
            f"EDVR option padding is {design.padding!r}: choose from {', '.join(PADDINGS)}"
        )
