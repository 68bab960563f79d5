"""How large the output is: a whole number of pixels for every wish; integers and fractions only."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from fractions import Fraction

from vsfilter.clip import ClipInfo
from vsfilter.errors import OptionError
from vsfilter.frame import PixelFormat

LARGEST_SIDE_PX = 65536
_FINEST = 1000
"""Largest denominator of a scale, so that 1.3333 and 0.6667 mean thirds on every road."""
_ROUNDING = Fraction(1, 500)
"""A width that changes the shape of pixels by less is meant to keep it: 854x480 to 1920x1080."""
_LARGEST_TERM = 65535
"""Largest number in an aspect ratio that H.264 and its kin can state."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SizeSettings:
    """What a user may set about the size of the output, in px, as players turn it.

    Attributes:
        width: Columns; None for those that keep the shape of pixels.
        height: Rows; None for the size that the scale gives.

    Raises:
        OptionError: A side is not between 1 and `LARGEST_SIDE_PX`, or the height is missing.
    """

    width: int | None = None
    height: int | None = None

    def __post_init__(self) -> None:
        """Refuse sizes that no picture can have."""
        for name, side in (("width", self.width), ("height", self.height)):
            if side is not None and not 1 <= side <= LARGEST_SIDE_PX:
                raise OptionError(f"{name} is {side} px: give 1 to {LARGEST_SIDE_PX}")
        if self.width is not None and self.height is None:
            raise OptionError(f"width is {self.width} px, but the height is missing: give both")


AS_SCALED = SizeSettings()
"""The size that the scale gives."""


def to_scale(value: str | float | Fraction) -> Fraction:
    """Read a scale, such as 4, 1.5 or "2/3".

    Raises:
        OptionError: It is no number above 0.
    """
    try:
        scale = Fraction(value).limit_denominator(_FINEST)
    except (ValueError, OverflowError, ZeroDivisionError) as error:
        raise OptionError(f"scale is {value!r}: give a number such as 4, 1.5 or 2/3") from error
    if scale <= 0:
        raise OptionError(f"scale is {value}: give a number above 0, such as 4, 1.5 or 2/3")
    return scale


def wished_scale(
    clip: ClipInfo, scale: Fraction | int | None, size: SizeSettings
) -> Fraction | int | None:
    """Give how many times larger the output shall be than the clip; None leaves it to the model.

    Raises:
        OptionError: Scale and size are both given.
    """
    if size.height is None:
        return scale
    if scale is not None:
        raise OptionError(f"scale is {scale}, but a size is given too: give one of them")
    if clip.rotation % 180:
        clip = _on_its_side(clip)
    wishes = [Fraction(size.height, clip.height)]
    if size.width is not None:
        wishes.append(Fraction(size.width, clip.width))
    return max(wishes)


def nearest_scale[Item](items: Iterable[Item], wish: Fraction | int, scales: Iterable[int]) -> Item:
    """Choose what is enlarged least beyond a wish; of smaller ones the largest.

    So what is wished comes of a good picture that is made smaller, if there is one.

    Args:
        items: What there is to choose from, at least one.
        wish: The scale that is wished.
        scales: The scale of each item.
    """
    found = zip(items, scales, strict=True)
    return min(found, key=lambda pair: (pair[1] < wish, abs(pair[1] - wish)))[0]


@dataclass(frozen=True, slots=True, kw_only=True)
class OutputSize:
    """The size of the output.

    Attributes:
        width: Columns, in px.
        height: Rows, in px.
        sample_aspect_ratio: Width of a pixel divided by its height.
    """

    width: int
    height: int
    sample_aspect_ratio: Fraction


def output_size(
    clip: ClipInfo, scale: Fraction | int, size: SizeSettings, format: PixelFormat
) -> OutputSize:
    """Give the size of the output, and the shape of its pixels.

    Pixels keep their shape, unless a width says otherwise. A whole scale is exact; other sides are
    rounded to whole samples of chroma, which most encoders insist on.

    Args:
        clip: The input.
        scale: How many times larger the output shall be.
        size: What the user wishes beyond that.
        format: Format of the output.

    Raises:
        OptionError: A side would be above `LARGEST_SIDE_PX`.
    """
    if clip.rotation % 180:  # the wish is for the picture as it is shown
        w, h = format.subsampling_w, format.subsampling_h
        turned = replace(format, subsampling_w=h, subsampling_h=w)
        shown = output_size(_on_its_side(clip), scale, size, turned)
        return OutputSize(
            width=shown.height,
            height=shown.width,
            sample_aspect_ratio=1 / shown.sample_aspect_ratio,
        )
    columns, rows = 1 << format.subsampling_w, 1 << format.subsampling_h
    aspect = clip.sample_aspect_ratio
    exact = Fraction(scale)
    if size.height is None and exact.denominator == 1:
        width, height = clip.width * int(exact), clip.height * int(exact)
    elif size.height is None:
        width, height = _rounded(clip.width * exact, columns), _rounded(clip.height * exact, rows)
    elif size.width is None:
        width = _rounded(Fraction(clip.width * size.height, clip.height), columns)
        height = size.height
    else:
        width, height = size.width, size.height
        aspect = _aspect(clip, width, height)
    if max(width, height) > LARGEST_SIDE_PX:
        raise OptionError(
            f"the output would be {width}x{height} px: sides go up to {LARGEST_SIDE_PX}"
        )
    return OutputSize(width=width, height=height, sample_aspect_ratio=aspect)


def _on_its_side(clip: ClipInfo) -> ClipInfo:
    """Give the clip as it is shown, where players turn it by a quarter."""
    aspect = 1 / clip.sample_aspect_ratio
    return replace(
        clip, width=clip.height, height=clip.width, sample_aspect_ratio=aspect, rotation=0
    )


def _rounded(side: Fraction, step: int) -> int:
    """Round a side to the nearest multiple of a step, at least one step."""
    return max(1, int(side / step + Fraction(1, 2))) * step


def _aspect(clip: ClipInfo, width: int, height: int) -> Fraction:
    """Give the shape of pixels with which the clip looks as before in a size."""
    change = Fraction(clip.width * height, clip.height * width)
    if abs(change - 1) < _ROUNDING:
        return clip.sample_aspect_ratio
    exact = clip.sample_aspect_ratio * change
    if exact > 1:
        return 1 / (1 / exact).limit_denominator(_LARGEST_TERM)
    return exact.limit_denominator(_LARGEST_TERM)
