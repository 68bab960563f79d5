"""SMPTE time codes: the one of an output's first frame, out of that of the input's."""

from __future__ import annotations

import re
from fractions import Fraction

_TIMECODE = re.compile(r"(\d{2}):(\d{2}):(\d{2})([:;.])(\d{2,3})", re.ASCII)


def moved_timecode(text: str, *, rate: Fraction, new_rate: Fraction, start_s: Fraction) -> str:
    """Give the time code of a later frame, as SMPTE ST 12-1 counts them.

    Codes count frames of the nominal rate. At 29.97 and 59.94 frames a second those with a
    semicolon leave numbers out, 2 or 4 in each minute but every tenth, to stay with the clock.

    Args:
        text: The time code of the first frame, as "01:00:00:00"; anything else is given back.
        rate: Frames a second of the clip that it stands for.
        new_rate: Frames a second of the clip in which the later frame is the first.
        start_s: Time of that frame since the first one, in s.
    """
    found = _TIMECODE.fullmatch(text.strip())
    nominal, new_nominal = round(rate), round(new_rate)
    is_same = not start_s and nominal == new_nominal
    if found is None or is_same or not nominal or new_nominal % nominal:
        return text
    hours, minutes, seconds, separator, frames = found.groups()
    left_out = nominal // 15 if separator != ":" and nominal % 30 == 0 else 0
    minute = int(hours) * 60 + int(minutes)
    number = (minute * 60 + int(seconds)) * nominal + int(frames)
    number += round(start_s * rate) - left_out * (minute - minute // 10)
    times = new_nominal // nominal
    return _timecode(number * times, new_nominal, separator, left_out * times)


def _timecode(number: int, nominal: int, separator: str, left_out: int) -> str:
    """Write the code of a frame, counted from midnight; a day has 24 hours."""
    if left_out:
        ten_minutes = 600 * nominal - 9 * left_out
        tens, rest = divmod(number, ten_minutes)
        minutes = max(0, rest - left_out) // (60 * nominal - left_out)
        number += left_out * (9 * tens + minutes)
    seconds, frame = divmod(number, nominal)
    minutes, second = divmod(seconds, 60)
    hours, minute = divmod(minutes, 60)
    return f"{hours % 24:02}:{minute:02}:{second:02}{separator}{frame:02}"
