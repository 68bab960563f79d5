"""What the chroma tags of Y4M mean; data only.

Y4M is described in mjpegtools' yuv4mpeg(5); the tags above 8 bits are FFmpeg's and x264's.
"""

from __future__ import annotations

from vsfilter.frame import PixelFormat

_SITED = {"420jpeg": 1, "420mpeg2": 0, "420paldv": 2}
"""Tags of 8-bit 4:2:0 with the chroma location that they state, as `Colour` counts it."""
_SUBSAMPLINGS = {"420": (1, 1), "422": (1, 0), "444": (0, 0), "411": (2, 0), "440": (0, 1)}
_DEEP = (9, 10, 12, 14, 16)


def _formats() -> dict[str, PixelFormat]:
    found = {"mono": PixelFormat(family="gray", bits=8)}
    found |= {f"mono{bits}": PixelFormat(family="gray", bits=bits) for bits in _DEEP}
    for tag, (width, height) in _SUBSAMPLINGS.items():
        for bits in (8, *_DEEP):
            found[tag if bits == 8 else f"{tag}p{bits}"] = PixelFormat(
                family="yuv", bits=bits, subsampling_w=width, subsampling_h=height
            )
    return found | dict.fromkeys(_SITED, found["420"])


Y4M_FORMATS = _formats()
"""Every chroma tag and the pixel format of its frames."""


def chroma_location_of(tag: str) -> int | None:
    """Give the chroma location that a tag states, as `Colour` counts it."""
    return _SITED.get(tag)


def y4m_tag(format: PixelFormat, *, chroma_location: int | None) -> str | None:
    """Give the chroma tag of a format, or None where Y4M has none.

    Args:
        format: The format of the frames.
        chroma_location: Where chroma is sited; only 8-bit 4:2:0 has tags that say so.
    """
    plain = next((tag for tag, known in Y4M_FORMATS.items() if known == format), None)
    if plain != "420":
        return plain
    return next((tag for tag, sited in _SITED.items() if sited == chroma_location), plain)
