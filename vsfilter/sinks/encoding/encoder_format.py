"""The pixel format in which an encoder keeps most of a clip."""

from __future__ import annotations

from vsfilter.errors import SinkError
from vsfilter.frame import PixelFormat
from vsfilter.pixel_formats import FULL_RANGE, PLANAR, opaque_name, planar_name

INTERLEAVED_RGB = {
    "rgb24": "rgb",
    "bgr0": "bgr0",
    "rgba": "rgba",
    "bgra": "bgra",
    "rgb48le": "rgb",
    "rgb48be": "rgb",
    "rgba64le": "rgba",
    "rgba64be": "rgba",
}
"""Interleaved formats that the sink can fill, for encoders of RGB that know no gbrp."""
P010 = "p010le"
"""10-bit 4:2:0 with interleaved chroma, the samples in the upper bits: what GPUs take."""


def format_of(name: str) -> PixelFormat | None:
    """Give the format of frames that the sink can hand over as FFmpeg's `name`, if any."""
    if name in INTERLEAVED_RGB:
        return PixelFormat(family="rgb", bits=16 if "48" in name or "64" in name else 8)
    if name.endswith("be"):  # the same samples, their bytes swapped
        return format_of(f"{name.removesuffix('be')}le")
    if name == P010:
        return PLANAR["yuv420p10le"]
    return None if name in FULL_RANGE else PLANAR.get(opaque_name(name) or name)


def keeps_alpha(name: str) -> bool:
    """Tell whether one of FFmpeg's formats that the sink can fill has alpha."""
    return opaque_name(name) is not None or "a" in INTERLEAVED_RGB.get(name, "")


def usable_formats(supported: list[str], *, has_alpha: bool) -> list[str]:
    """Choose among an encoder's formats those that the sink can fill, and that keep alpha.

    Args:
        supported: The formats that the encoder takes, by FFmpeg's names.
        has_alpha: Whether the clip has alpha; it is lost where the encoder keeps none.
    """
    known = [name for name in supported if format_of(name) is not None]
    with_alpha = [name for name in known if keeps_alpha(name)]
    if has_alpha and with_alpha:
        return with_alpha
    return [name for name in known if name not in with_alpha]


def nearest(names: list[str], source: PixelFormat, codec: str) -> str:
    """Choose the format that loses least of a clip, and of these the smallest.

    RGB may become YUV, and YUV RGB where the encoder takes nothing else; gray may get chroma. The
    caller converts. See `picture_losses`.

    Args:
        names: The formats that the encoder takes, by FFmpeg's names.
        source: Format of the clip.
        codec: The encoder, for messages.

    Raises:
        SinkError: None of them can hold the clip.
    """
    exact = planar_name(source)
    if exact in names:
        return exact
    formats = {name: format for name in names if (format := format_of(name)) is not None}
    best = min(formats, key=lambda name: _loss(formats[name], source), default=None)
    found = None if best is None else formats[best]
    if best is None or found is None or (found.family == "gray" != source.family):
        raise SinkError(
            f"encoder {codec} cannot hold {source.family} of {source.bits} bits: "
            f"it takes {', '.join(names) or 'no planar format'}"
        )
    return best


def _loss(format: PixelFormat, source: PixelFormat) -> tuple[int, ...]:
    """Rank a format: wrong family, lost bits, lost chroma, then what is more than needed."""
    bits = format.bits - source.bits
    columns = format.subsampling_w - source.subsampling_w
    rows = format.subsampling_h - source.subsampling_h
    is_gray = source.family == "gray"
    other_families = ("yuv", "rgb", "gray")
    return (
        0 if format.family == source.family else 1 + other_families.index(format.family),
        max(0, -bits),
        0 if is_gray else max(0, columns) + max(0, rows),
        int(format.is_float != source.is_float),
        max(0, bits),
        format.subsampling_w * -1 if is_gray else max(0, -columns) + max(0, -rows),
    )
