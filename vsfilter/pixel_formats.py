"""Names that FFmpeg gives to the pixel formats of `vsfilter.frame`; data only, no FFmpeg.

Formats that interleave samples are listed in `vsfilter.sources.sample_layouts`.
"""

from __future__ import annotations

from vsfilter.frame import Family, PixelFormat

Subsampling = tuple[int, int]
"""log2 of luma columns per chroma column, log2 of luma rows per chroma row."""

_SUBSAMPLINGS: dict[str, Subsampling] = {
    "410": (2, 2),
    "411": (2, 0),
    "420": (1, 1),
    "422": (1, 0),
    "440": (0, 1),
    "444": (0, 0),
}
_YUV_BITS: dict[str, tuple[int, ...]] = {
    "410": (8,),
    "411": (8,),
    "420": (8, 9, 10, 12, 14, 16),
    "422": (8, 9, 10, 12, 14, 16),
    "440": (8, 10, 12),
    "444": (8, 9, 10, 12, 14, 16),
}


def _planar() -> dict[str, PixelFormat]:
    formats: dict[str, PixelFormat] = {}
    for sampling, depths in _YUV_BITS.items():
        width, height = _SUBSAMPLINGS[sampling]
        for bits in depths:
            suffix = "" if bits == 8 else f"{bits}le"
            formats[f"yuv{sampling}p{suffix}"] = PixelFormat(
                family="yuv", bits=bits, subsampling_w=width, subsampling_h=height
            )
    families: tuple[tuple[str, Family], ...] = (("gray", "gray"), ("gbrp", "rgb"))
    for prefix, family in families:
        for bits in (8, 9, 10, 12, 14, 16):
            suffix = "" if bits == 8 else f"{bits}le"
            formats[f"{prefix}{suffix}"] = PixelFormat(family=family, bits=bits)
        for bits in (16, 32):
            formats[f"{prefix}f{bits}le"] = PixelFormat(family=family, bits=bits, is_float=True)
    return formats


PLANAR: dict[str, PixelFormat] = _planar()
"""Planar formats without alpha by FFmpeg's name; RGB planes lie in the order G, B, R."""

_NAMES = {format: name for name, format in PLANAR.items()}

FULL_RANGE = {f"yuvj{sampling}p": f"yuv{sampling}p" for sampling in _SUBSAMPLINGS}
"""FFmpeg's deprecated names that also say "full range", and the plain names."""

_WIDENED = {
    **dict.fromkeys(("monow", "monob"), "gray"),
    "pal8": "gbrap",  # a colour may be transparent
    **dict.fromkeys(("rgb8", "bgr8", "rgb4_byte", "bgr4_byte"), "gbrp"),
    **{
        f"{order}{bits}{end}": "gbrp"
        for order in ("rgb", "bgr")
        for bits in (444, 555, 565)
        for end in ("le", "be")
    },
}
"""Formats of less than 8 bits a sample, or with a palette, and the format that holds them."""


def planar_name(format: PixelFormat) -> str | None:
    """Give FFmpeg's name of a format, or None where FFmpeg has none."""
    return _NAMES.get(format)


def widened_name(name: str) -> str | None:
    """Give the 8-bit planar format that FFmpeg turns a palette or a smaller format into."""
    return _WIDENED.get(name)


def alpha_name(name: str) -> str:
    """Give FFmpeg's name of a planar YUV or RGB format with an alpha plane beside it."""
    return name.replace("yuv", "yuva").replace("gbrp", "gbrap")


def opaque_name(name: str) -> str | None:
    """Give the planar format that a format with alpha has without it; None for any other."""
    plain = name.replace("yuva", "yuv").replace("gbrap", "gbrp")
    return plain if plain != name and plain in PLANAR else None


def sampling_name(format: PixelFormat) -> str:
    """Name the chroma subsampling of YUV, such as "4:2:0"."""
    given = (format.subsampling_w, format.subsampling_h)
    names = (":".join(name) for name, each in _SUBSAMPLINGS.items() if each == given)
    return next(names, "subsampled")
