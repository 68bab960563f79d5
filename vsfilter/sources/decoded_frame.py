"""A decoded picture of PyAV as a `Frame`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
from av.video.frame import VideoFrame

from vsfilter.errors import SourceError
from vsfilter.frame import UNSPECIFIED, Colour, FieldOrder, Frame, PixelFormat
from vsfilter.pixel_formats import FULL_RANGE, widened_name
from vsfilter.sources.picture_side_data import captions_of
from vsfilter.sources.sample_layouts import LAYOUTS, Samples

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from vsfilter.frame import Plane

    Words = NDArray[Any]  # Any: the type of a word is known at run time only


def to_frame(
    picture: VideoFrame, *, pts: int, duration: int | None, field_order: FieldOrder
) -> Frame:
    """Copy a decoded picture out of the decoder's memory.

    Args:
        picture: The picture, in any format of FFmpeg's.
        pts: Presentation time, in units of the clip's time base.
        duration: Time on screen in the same units.
        field_order: Which field comes first.

    Raises:
        SourceError: The pixel format has no counterpart here.
    """
    widened = widened_name(picture.format.name)
    stored = picture if widened is None else picture.reformat(format=widened)
    layout = LAYOUTS.get(stored.format.name)
    if layout is None:
        raise SourceError(
            f"pixel format {stored.format.name} cannot be read: convert the file with ffmpeg first"
        )
    planes = []
    for index, samples in enumerate(layout.samples):
        rows, columns = layout.format.plane_shape(index, width=picture.width, height=picture.height)
        words = _rows(stored, samples.plane, layout.word)
        planes.append(_take(words[:rows], samples, columns, layout.format))
    alpha = None
    if layout.alpha is not None:
        words = _rows(stored, layout.alpha.plane, layout.word)[: picture.height]
        alpha = _take(words, layout.alpha, picture.width, layout.format)
        if widened is not None and alpha.min() == layout.format.highest:
            alpha = None  # every palette has alpha, few have a colour that is not opaque
    return Frame(
        planes=tuple(planes),
        format=layout.format,
        colour=colour_of(picture, layout.format),
        pts=pts,
        duration=duration,
        field_order=field_order,
        alpha=alpha,
        captions=captions_of(picture),
    )


def _rows(picture: VideoFrame, index: int, word: str) -> Words:
    """View a plane as (rows, words), padding included, top row first."""
    plane = picture.planes[index]
    rows = np.frombuffer(plane, np.uint8).reshape(plane.height, abs(plane.line_size))
    words = rows[:, : rows.shape[1] // np.dtype(word).itemsize * np.dtype(word).itemsize].view(word)
    return words if plane.line_size > 0 else words[::-1]


def _take(
    words: Words,
    samples: Samples,
    columns: int,
    format: PixelFormat,
) -> Plane:
    """Copy the samples of one plane into memory of their own."""
    taken = words[:, samples.offset :: samples.step][:, :columns]
    if samples.shift or (taken.dtype.itemsize == 4 and not format.is_float):
        taken = (taken >> samples.shift) & ((1 << format.bits) - 1)
    return np.array(taken, dtype=format.dtype, order="C")


def colour_of(picture: VideoFrame, format: PixelFormat) -> Colour:
    """Read what the decoder states about the samples of a picture."""
    ranges: dict[int, bool] = {1: False, 2: True}
    is_full_range = ranges.get(picture.color_range)
    if picture.format.name in FULL_RANGE:
        is_full_range = True
    is_subsampled = format.subsampling_w > 0 or format.subsampling_h > 0
    location = picture.chroma_location - 1  # FFmpeg counts from 1, 0 is "not stated"
    return Colour(
        matrix=_stated(picture.colorspace),
        is_full_range=is_full_range,
        primaries=_stated(picture.color_primaries),
        transfer=_stated(picture.color_trc),
        chroma_location=location if is_subsampled and location >= 0 else None,
    )


def _stated(code: int) -> int | None:
    return None if code == UNSPECIFIED else code
