"""The options of `vsr-transcode` that describe the output."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from vsfilter.output_size import SizeSettings

_SIZE = re.compile(r"(\d+)[x:](\d+)", re.ASCII)


def parse_size(size: str | None, height: int | None) -> SizeSettings:
    """Read --size and --height.

    Args:
        size: "1920x1080", in px.
        height: Rows, in px.

    Raises:
        OptionError: The text is none such, the size is impossible, or both are given.
    """
    from vsfilter.errors import OptionError
    from vsfilter.output_size import SizeSettings

    if size is None:
        return SizeSettings(height=height)
    if height is not None:
        raise OptionError(f"size is {size!r}, but a height is given too: give one of them")
    found = _SIZE.fullmatch(size.strip().lower())
    if found is None:
        raise OptionError(f"size is {size!r}: give columns and rows in px, such as 1920x1080")
    return SizeSettings(width=int(found[1]), height=int(found[2]))
