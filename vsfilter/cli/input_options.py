"""The options of `vsr-transcode` about its input: which part is wanted, and its fields."""

from __future__ import annotations

import re
from fractions import Fraction
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from vsfilter.input_settings import Deinterlace, Excerpt

_TIME = re.compile(r"(?:(?:(\d+):)?(\d+):)?(\d+(?:\.\d+)?|\.\d+)", re.ASCII)
_FRAMES = re.compile(r"(\d*):(\d*)", re.ASCII)


def parse_excerpt(start: str | None, end: str | None, frames: str | None) -> Excerpt:
    """Read --start, --end and --frames.

    Args:
        start: Seconds (83.5) or a timecode (1:23.5, 0:01:23.500).
        end: The same.
        frames: Two numbers with a colon between, of which either may be left out.

    Raises:
        OptionError: A text is none of these, or what they mean holds no frame.
    """
    from vsfilter.errors import OptionError
    from vsfilter.input_settings import Excerpt

    first = stop = None
    if frames is not None:
        found = _FRAMES.fullmatch(frames.strip())
        if found is None or not any(found.groups()):
            raise OptionError(
                f"frames is {frames!r}: give a:b, such as 100:200 for frames 100 to 199, 100: or "
                ":200; frames count from 0"
            )
        first, stop = (int(number) if number else None for number in found.groups())
    return Excerpt(
        start_s=_seconds("start", start), end_s=_seconds("end", end), first=first, stop=stop
    )


def _seconds(name: str, text: str | None) -> Fraction | None:
    from vsfilter.errors import OptionError

    if text is None:
        return None
    found = _TIME.fullmatch(text.strip())
    hours, minutes, seconds = found.groups() if found else (None, None, "60")
    if found is None or (minutes and float(seconds) >= 60) or (hours and int(minutes or 0) >= 60):
        raise OptionError(
            f"{name} is {text!r}: give seconds from 0 (83.5) or a timecode (1:23.5, 0:01:23.500)"
        )
    return int(hours or 0) * 3600 + int(minutes or 0) * 60 + Fraction(seconds)


def parse_deinterlace(text: str) -> Deinterlace:
    """Read --deinterlace.

    Raises:
        OptionError: The word is unknown.
    """
    from vsfilter.errors import OptionError
    from vsfilter.input_settings import DEINTERLACE_WORDS

    for word in DEINTERLACE_WORDS:
        if text == word:
            return word
    raise OptionError(f"deinterlace is {text!r}: give {', '.join(DEINTERLACE_WORDS)}")
