"""The first line of a Y4M stream."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction

from vsfilter.clip import ClipInfo
from vsfilter.errors import SourceError
from vsfilter.frame import Colour, FieldOrder
from vsfilter.y4m_format import Y4M_FORMATS, chroma_location_of

_LARGEST_SIDE_PX = 65536
_LARGEST_FRAME_BYTES = 2**31
"""Above this a header is taken for a lie, before any memory is asked for."""
_DEFAULT_RATE = Fraction(25)

_FIELD_ORDERS: dict[str, FieldOrder] = {
    "p": "progressive",
    "t": "top",
    "b": "bottom",
    "m": "progressive",
    "?": "progressive",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Y4MHeader:
    """What the first line of a Y4M stream states.

    Attributes:
        info: What holds for every frame.
        field_order: Which field comes first.
        is_mixed: Each frame states its own field order.
    """

    info: ClipInfo
    field_order: FieldOrder
    is_mixed: bool


def parse_header(line: str) -> Y4MHeader:
    """Read the first line of a Y4M stream.

    Raises:
        SourceError: A value is missing, unknown or cannot be true.
    """
    tags = {word[0]: word[1:] for word in line.split()[1:] if word[0] != "X"}
    extensions = {word[1:].upper() for word in line.split()[1:] if word[0] == "X"}
    width, height = _side(tags, "W"), _side(tags, "H")
    chroma = tags.get("C", "420jpeg")
    format = Y4M_FORMATS.get(chroma)
    if format is None:
        raise SourceError(f"chroma {chroma!r} is unknown: use one of {', '.join(Y4M_FORMATS)}")
    shapes = (
        format.plane_shape(plane, width=width, height=height) for plane in range(format.plane_count)
    )
    size = sum(rows * columns for rows, columns in shapes) * (1 if format.bits == 8 else 2)
    if size > _LARGEST_FRAME_BYTES:
        raise SourceError(f"a frame of {width}x{height} would take {size} bytes")
    interlacing = tags.get("I", "p")
    rate = _ratio(tags.get("F", "0:0"))
    ranges = {"COLORRANGE=FULL": True, "COLORRANGE=LIMITED": False}
    stated = [ranges[word] for word in extensions if word in ranges]
    info = ClipInfo(
        width=width,
        height=height,
        format=format,
        colour=Colour(
            is_full_range=stated[0] if stated else None,
            chroma_location=chroma_location_of(chroma),
        ),
        time_base=1 / (rate or _DEFAULT_RATE),
        rate=rate or _DEFAULT_RATE,
        is_rate_assumed=rate is None,
        sample_aspect_ratio=_ratio(tags.get("A", "0:0")) or Fraction(1),
    )
    return Y4MHeader(
        info=info,
        field_order=_FIELD_ORDERS.get(interlacing[:1], "progressive"),
        is_mixed=interlacing == "m",
    )


def _side(tags: dict[str, str], name: str) -> int:
    side = int(tags.get(name, "0"))
    if not 1 <= side <= _LARGEST_SIDE_PX:
        raise SourceError(f"{name}{side} is not between 1 and {_LARGEST_SIDE_PX} px")
    return side


def _ratio(text: str) -> Fraction | None:
    """Read "num:den"; None where the stream says "unknown" by zeros."""
    above, _, below = text.partition(":")
    numerator, denominator = int(above), int(below or "1")
    return Fraction(numerator, denominator) if numerator > 0 and denominator > 0 else None
