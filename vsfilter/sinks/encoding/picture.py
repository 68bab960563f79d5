"""A `Frame` as a picture of PyAV, without any conversion."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
from av.video.frame import VideoFrame

from vsfilter.errors import SinkError
from vsfilter.frame import UNSPECIFIED, Colour, Frame
from vsfilter.pixel_formats import opaque_name
from vsfilter.sinks.encoding.encoder_format import INTERLEAVED_RGB, P010

if TYPE_CHECKING:
    from av.video.codeccontext import VideoCodecContext

    from vsfilter.frame import Plane

_P010_SHIFT = 6


def to_picture(frame: Frame, pix_fmt: str, *, colour: Colour) -> VideoFrame:
    """Copy a frame into a picture that an encoder takes; its times are left to the caller.

    Args:
        frame: The frame.
        pix_fmt: FFmpeg's name of a format of the same samples: planar, with or without alpha, or
            interleaved RGB.
        colour: What the samples mean in the output.
    """
    picture = VideoFrame(frame.width, frame.height, pix_fmt)
    planes = frame.planes
    word = np.dtype(frame.format.dtype).newbyteorder(">" if pix_fmt.endswith("be") else "=")
    order = INTERLEAVED_RGB.get(pix_fmt)
    if order is not None:
        words = _words(picture, 0, word)
        columns = frame.width * len(order)
        for offset, letter in enumerate(order):
            samples = _samples(frame, letter)
            words[:, offset : columns : len(order)] = samples
    elif pix_fmt == P010:
        luma, *chroma = planes
        _words(picture, 0, word)[:, : frame.width] = np.left_shift(luma, _P010_SHIFT)
        words = _words(picture, 1, word)
        for offset, plane in enumerate(chroma):
            words[:, offset : 2 * plane.shape[1] : 2] = np.left_shift(plane, _P010_SHIFT)
    else:
        if frame.format.family == "rgb":  # FFmpeg keeps the planes as G, B, R
            planes = (planes[1], planes[2], planes[0])
        for index, plane in enumerate(planes):
            _words(picture, index, word)[:, : plane.shape[1]] = plane
        if opaque_name(pix_fmt) is not None:
            _words(picture, 3, word)[:, : frame.width] = _alpha(frame)
    tag(picture, colour)
    return picture


def _samples(frame: Frame, letter: str) -> Plane | int:
    """Give the samples of one letter of an interleaved format; 0 stands for nothing."""
    if letter in "0a":
        return _alpha(frame)
    return frame.planes["rgb".index(letter)]


def _alpha(frame: Frame) -> Plane | int:
    if frame.alpha is not None:
        return frame.alpha
    return frame.format.highest


def _words(
    picture: VideoFrame, index: int, word: np.dtype[Any]
) -> Any:  # Any: the type of a word varies
    """View a plane as (rows, words), padding included."""
    plane = picture.planes[index]
    if plane.line_size < 0:
        raise SinkError(f"FFmpeg gave a plane of {plane.line_size} bytes a row: report this")
    return np.frombuffer(plane, word).reshape(plane.height, -1)


def tag(picture: VideoFrame, colour: Colour) -> None:
    """Write what the samples mean into a picture."""
    picture.colorspace = _code(colour.matrix)
    picture.color_primaries = _code(colour.primaries)
    picture.color_trc = _code(colour.transfer)
    picture.color_range = _range_code(colour)
    picture.chroma_location = _location_code(colour)


def tag_encoder(context: VideoCodecContext, colour: Colour) -> None:
    """Write what the samples mean into an encoder, which hands it to the container too."""
    context.colorspace = _code(colour.matrix)
    context.color_primaries = _code(colour.primaries)
    context.color_trc = _code(colour.transfer)
    context.color_range = _range_code(colour)
    context.chroma_sample_location = _location_code(colour)


def _code(stated: int | None) -> int:
    return UNSPECIFIED if stated is None else stated


def _range_code(colour: Colour) -> int:
    """Give FFmpeg's code: 0 not stated, 1 limited, 2 full."""
    return 0 if colour.is_full_range is None else 1 + colour.is_full_range


def _location_code(colour: Colour) -> int:
    """Give FFmpeg's code, which counts from 1; 0 is "not stated"."""
    return 0 if colour.chroma_location is None else colour.chroma_location + 1
