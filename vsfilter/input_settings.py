"""What a user may set about the input: which part of it is wanted, how fields become frames."""

from __future__ import annotations

from dataclasses import dataclass, field
from fractions import Fraction
from typing import Literal

from vsfilter.errors import OptionError
from vsfilter.input_limits import WITHIN_REASON, InputLimits

Deinterlace = Literal["off", "auto", "frame", "field"]
DEINTERLACE_WORDS: tuple[Deinterlace, ...] = ("off", "auto", "frame", "field")
Place = Literal["before", "inside", "after"]

_ROUNDING_S = Fraction(1, 1000)
"""A time means the frame that begins less than this after it: times are printed cut short."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Excerpt:
    """The part of a clip that is wanted, by times or by frame numbers; by default all of it.

    It begins with the frame that a player shows at `start_s`, and ends before the one that is shown
    at `end_s`. So excerpts that meet at a time hold each frame once.

    Attributes:
        start_s: A time in s, 0 at the clip's first frame; None for the clip's start.
        end_s: The same; None, or a time after the clip's end, for the clip's end.
        first: Number of the first frame, from 0; None for the clip's start.
        stop: Number of the first frame after the excerpt; None for the clip's end.

    Raises:
        OptionError: A value is negative, the excerpt is empty, or both ways are mixed.
    """

    start_s: Fraction | None = None
    end_s: Fraction | None = None
    first: int | None = None
    stop: int | None = None

    def __post_init__(self) -> None:
        """Refuse what holds no frame of any clip."""
        has_times = self.start_s is not None or self.end_s is not None
        if has_times and self.has_numbers:
            raise OptionError("give either start and end or frames, not both")
        for name, time_s in (("start", self.start_s), ("end", self.end_s)):
            if time_s is not None and time_s < 0:
                raise OptionError(f"{name} is {float(time_s):g} s: give a time from 0")
        for number in (self.first, self.stop):
            if number is not None and number < 0:
                raise OptionError(f"frames has the number {number}: frames count from 0")
        if self.end_s is not None and self.end_s <= (self.start_s or 0):
            raise OptionError(
                f"end ({float(self.end_s):g} s) is not after start ({float(self.start_s or 0):g} s)"
            )
        if self.stop is not None and self.stop <= (self.first or 0):
            raise OptionError(
                f"frames {self.first or 0}:{self.stop} holds no frame: "
                "the second number is excluded and must be the larger one"
            )

    @property
    def is_all(self) -> bool:
        """Whether it is the whole clip."""
        return self == Excerpt()

    @property
    def has_numbers(self) -> bool:
        """Whether it is given by frame numbers."""
        return self.first is not None or self.stop is not None

    def place(self, number: int, until_s: Fraction) -> Place:
        """Tell where a frame lies.

        Args:
            number: Number of the frame, from 0.
            until_s: When it is no longer shown, in s since the clip's first frame.
        """
        if number < (self.first or 0):
            return "before"
        if self.start_s is not None and until_s < self.start_s + _ROUNDING_S:
            return "before"
        if self.stop is not None and number >= self.stop:
            return "after"
        if self.end_s is not None and until_s >= self.end_s + _ROUNDING_S:
            return "after"
        return "inside"

    def __str__(self) -> str:
        """Say it in the words of the command line."""
        if self.has_numbers:
            return f"frames {self.first or 0}:{'' if self.stop is None else self.stop}"
        end = "" if self.end_s is None else f" to {float(self.end_s):.12g} s"
        return f"{float(self.start_s or 0):.12g} s{end or ' to the end'}"


@dataclass(frozen=True, slots=True, kw_only=True)
class InputSettings:
    """What a user may set about the input.

    Attributes:
        excerpt: The part that is wanted.
        deinterlace: "frame" or "field" for one frame from two fields or from each; "auto" for
            "frame" where the clip is interlaced; "off" for never.
        rate: Frames a second of an input that states no times, such as images; None for what the
            source takes.
        limits: How much of the input is read, and what it may name.
    """

    excerpt: Excerpt = field(default_factory=Excerpt)
    deinterlace: Deinterlace = "auto"
    rate: Fraction | None = None
    limits: InputLimits = WITHIN_REASON

    def __post_init__(self) -> None:
        """Refuse an unknown word."""
        if self.deinterlace not in DEINTERLACE_WORDS:
            raise OptionError(
                f"deinterlace is {self.deinterlace!r}: give {', '.join(DEINTERLACE_WORDS)}"
            )


ALL_OF_IT = InputSettings()
"""The whole clip; interlaced frames are deinterlaced."""
