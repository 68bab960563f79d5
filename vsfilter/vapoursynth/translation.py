"""Translate between VapourSynth's formats, frame properties and planes, and those of `frame`.

VapourSynth's types stop here and in the other modules that import it (`colour`, the filter, the
two script modules). Colour is stated by the properties `_Matrix`, `_Range`, `_Primaries`,
`_Transfer` and `_ChromaLocation`; the core itself reads `_ColorRange` of older plugins as `_Range`.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
import vapoursynth as vs

from vsfilter.errors import OptionError
from vsfilter.frame import Colour, Family, PixelFormat

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from vsfilter.frame import Plane

Props = Mapping[str, Any]  # Any: a property holds numbers, bytes, frames, or lists of these

_FAMILIES: dict[Family, vs.ColorFamily] = {"gray": vs.GRAY, "rgb": vs.RGB, "yuv": vs.YUV}
_COLOUR_PROPS = ("_Matrix", "_Range", "_Primaries", "_Transfer", "_ChromaLocation")


def pixel_format(format: vs.VideoFormat) -> PixelFormat:
    """Translate a VapourSynth format.

    Raises:
        OptionError: It is none that frames can have here (32-bit integers).
    """
    families = {value: key for key, value in _FAMILIES.items()}
    try:
        return PixelFormat(
            family=families[format.color_family],
            bits=format.bits_per_sample,
            is_float=format.sample_type == vs.FLOAT,
            subsampling_w=format.subsampling_w,
            subsampling_h=format.subsampling_h,
        )
    except (KeyError, ValueError) as error:
        raise OptionError(
            f"format {format.name} is not supported: give 8 to 16 bits or float"
        ) from error


def video_format(format: PixelFormat) -> vs.VideoFormat:
    """Translate a format into VapourSynth's."""
    return vs.core.query_video_format(
        _FAMILIES[format.family],
        vs.FLOAT if format.is_float else vs.INTEGER,
        format.bits,
        format.subsampling_w,
        format.subsampling_h,
    )


def colour_of(props: Props) -> Colour:
    """Read what the properties of a frame state about its colour."""
    stated = [props.get(name) for name in _COLOUR_PROPS]
    matrix, is_full_range, primaries, transfer, chroma_location = (
        None if value is None else int(value) for value in stated
    )
    return Colour(
        matrix=matrix,
        is_full_range=None if is_full_range is None else bool(is_full_range),
        primaries=primaries,
        transfer=transfer,
        chroma_location=chroma_location,
    )


def colour_props(colour: Colour) -> dict[str, int]:
    """Give the properties that state a colour; what it does not state is absent."""
    values = (
        colour.matrix,
        colour.is_full_range,
        colour.primaries,
        colour.transfer,
        colour.chroma_location,
    )
    stated = zip(_COLOUR_PROPS, values, strict=True)
    return {name: int(value) for name, value in stated if value is not None}


def read_planes(frame: vs.VideoFrame) -> tuple[Plane, ...]:
    """View the planes of a frame, without a copy; the views keep its memory alive.

    Returns:
        Read-only arrays (rows, columns), whose rows may be padded in memory.
    """
    return tuple(np.asarray(frame[index]) for index in range(frame.format.num_planes))


def read_rgb(frame: vs.VideoFrame) -> NDArray[np.float32]:
    """Copy the planes of an RGBS frame into one array (3, h, w)."""
    return np.stack([np.asarray(frame[index], dtype=np.float32) for index in range(3)])


def write_planes(frame: vs.VideoFrame, planes: Sequence[Plane] | NDArray[np.float32]) -> None:
    """Copy planes (rows, columns) into a writable frame of the same size and type."""
    for index, plane in enumerate(planes):
        np.copyto(np.asarray(frame[index]), plane, casting="no")


def reason(error: vs.Error) -> str:
    """Give the one line that matters of an error; one raised in a callback brings its traceback.

    Returns:
        The last line, without the name of the error's type.
    """
    lines = str(error).strip().splitlines() or ["unknown error"]
    name, colon, text = lines[-1].partition(": ")
    is_traceback = len(lines) > 1 and colon and " " not in name
    return text if is_traceback else lines[-1]
