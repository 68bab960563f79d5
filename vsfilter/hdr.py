"""What HDR10 states of a whole clip: the display it was made on, and how bright it gets."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction

Chromaticity = tuple[Fraction, Fraction]
"""CIE 1931 x and y."""


@dataclass(frozen=True, slots=True, kw_only=True)
class MasteringDisplay:
    """The display on which a clip was graded (SMPTE ST 2086).

    Attributes:
        red: Its red primary.
        green: Its green primary.
        blue: Its blue primary.
        white: Its white point.
        min_luminance: Of its black, in cd/m2.
        max_luminance: Of its white, in cd/m2.
    """

    red: Chromaticity
    green: Chromaticity
    blue: Chromaticity
    white: Chromaticity
    min_luminance: Fraction
    max_luminance: Fraction


@dataclass(frozen=True, slots=True, kw_only=True)
class LightLevel:
    """The light level of the content (CTA-861.3), in cd/m2.

    Attributes:
        max_cll: Of the brightest pixel of the clip.
        max_fall: Average of its brightest frame.
    """

    max_cll: int
    max_fall: int


@dataclass(frozen=True, slots=True, kw_only=True)
class HdrMetadata:
    """What a clip states; None where it says nothing.

    Attributes:
        display: The display on which it was graded.
        light: How bright it gets.
    """

    display: MasteringDisplay | None = None
    light: LightLevel | None = None
