"""A clip whose input states no times, at the rate that the user gives it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from fractions import Fraction

from vsfilter.clip import ClipInfo, ClipReader, SkippingReader
from vsfilter.closing import Closing
from vsfilter.errors import OptionError
from vsfilter.frame import Frame
from vsfilter.input_limits import WITHIN_REASON, InputLimits
from vsfilter.readers.open_clip import open_clip

_HIGHEST_RATE = 1000


def open_rated(
    source: str, rate: Fraction | None, limits: InputLimits = WITHIN_REASON
) -> ClipReader:
    """Open an input, at a rate that the user gives.

    Args:
        source: A file, a folder or pattern of images, a `.vpy` script, or `-`.
        rate: Frames a second; None for the times of the input.
        limits: How much of it is read, and what it may name.

    Raises:
        SourceError: It cannot be read, or is beyond the limits.
        OptionError: A rate is given, and the input has times of its own.
    """
    reader = open_clip(source, limits)
    if rate is None:
        return reader
    try:
        if isinstance(reader, SkippingReader):
            return RatedSkippingReader(reader, rate, name=source)
        return RatedReader(reader, rate, name=source)
    except BaseException:
        reader.close()
        raise


class RatedReader(Closing):
    """The frames of a clip, one after the other at a rate.

    Args:
        reader: The clip; it is closed with this one.
        rate: Frames a second.
        name: The input, for messages.

    Raises:
        OptionError: The input has times of its own.
    """

    def __init__(self, reader: ClipReader, rate: Fraction, *, name: str) -> None:
        if not reader.info.is_rate_assumed:
            stated = reader.info.rate
            at = f" (about {float(stated):.5g} frames a second)" if stated else ""
            raise OptionError(
                f"fps is {float(rate):.5g}, but input {name!r} has times of its own{at}: "
                "leave --fps out"
            )
        self._reader = reader
        self._info = replace(reader.info, time_base=1 / rate, rate=rate, is_rate_assumed=False)

    @property
    def info(self) -> ClipInfo:
        """What holds for every frame."""
        return self._info

    def __iter__(self) -> Iterator[Frame]:
        """Give the frames in order, each once."""
        return self._rated(iter(self._reader), 0)

    def _rated(self, frames: Iterator[Frame], first: int) -> Iterator[Frame]:
        return (replace(frame, pts=pts, duration=1) for pts, frame in enumerate(frames, first))

    def close(self) -> None:
        """Close the clip; safe to call twice."""
        self._reader.close()


class RatedSkippingReader(RatedReader):
    """The same of a clip that can begin in the middle; arguments are those of `RatedReader`."""

    def __init__(self, reader: SkippingReader, rate: Fraction, *, name: str) -> None:
        super().__init__(reader, rate, name=name)
        self._skipping = reader

    def frames_from(self, number: int) -> Iterator[Frame]:
        """Give the frames from a number on, as iterating from frame 0 would."""
        return self._rated(self._skipping.frames_from(number), number)

    def frame_times(self) -> Iterator[int | None]:
        """Give the pts of each frame, then the end of the last one; see `SkippingReader`."""
        count = self._info.frame_count
        return iter([None]) if count is None else iter(range(count + 1))


def to_rate(value: str) -> Fraction:
    """Read frames a second: "25", "29.97", "30000/1001".

    Decimals such as 23.976 and 59.94 mean the rates of NTSC, 24000/1001 and 60000/1001.

    Raises:
        OptionError: It is no number from 0 (excluded) to 1000.
    """
    try:
        rate = Fraction(value)
    except (ValueError, ZeroDivisionError) as error:
        raise OptionError(f"fps is {value!r}: give a number such as 25 or 30000/1001") from error
    if not 0 < rate <= _HIGHEST_RATE:
        raise OptionError(f"fps is {value}: give a number above 0, up to {_HIGHEST_RATE}")
    ntsc = Fraction(round(rate * Fraction(1001, 1000)) * 1000, 1001)
    is_decimal = "/" not in value and rate.denominator != 1
    return ntsc if is_decimal and abs(rate - ntsc) < Fraction(1, 200) else rate
