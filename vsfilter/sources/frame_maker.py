"""Frames with true times out of the pictures of one stream."""

from __future__ import annotations

import logging
import math
from dataclasses import replace
from fractions import Fraction
from typing import Protocol

from av.sidedata.sidedata import Type as SideDataType
from av.video.frame import VideoFrame
from av.video.stream import VideoStream

from vsfilter.clip import ClipInfo
from vsfilter.errors import SourceError
from vsfilter.frame import Frame
from vsfilter.sources.cropping import cropping_of
from vsfilter.sources.decoded_frame import to_frame
from vsfilter.sources.field_order import FieldOrderProbe
from vsfilter.sources.picture_side_data import (
    dynamic_metadata_of,
    hdr_of,
    view_metadata_of,
)
from vsfilter.sources.pts_repair import PtsRepair

_LOG = logging.getLogger(__name__)
_SHAPELESS = ("mpegts", "mpeg", "mpegvideo")
"""Containers, by FFmpeg's name, that leave the shape of pixels to the codec: it may change."""
_HIGHEST_RATE = 480
"""Frames a second above which a stated rate is taken for an error."""
_NO_TIMESTAMPS = 0x80
"""The value of PyAV's Flags.no_timestamps, of which its type stubs tell another type."""


class FrameMaker:
    """Frames with true times out of the pictures of one stream.

    Args:
        path: Name of the input, for messages.
        stream: The stream that the pictures come from.
        first: Its first picture, whose size and format hold for the clip.

    Attributes:
        info: What holds for every frame.
    """

    def __init__(self, path: str, stream: VideoStream, first: VideoFrame) -> None:
        self._path = path
        self._name = first.format.name
        self._size = (first.width, first.height)
        self._cropping = cropping_of(stream, first)
        self.info = _clip_info(stream, first)
        if self._cropping is not None:
            width, height = self._cropping.width, self._cropping.height
            self.info = replace(self.info, width=width, height=height)
        is_stated_anew = stream.container.format.name in _SHAPELESS
        self._context = stream.codec_context if is_stated_anew else None
        self._has_pts = stream.container.format.name != "avi"
        self._repair = self._new_repair()
        self._field_order = FieldOrderProbe()

    def _new_repair(self) -> PtsRepair:
        rate, time_base = self.info.rate, self.info.time_base
        step = round(1 / (rate * time_base)) if rate else 1
        return PtsRepair(self._path, step=step, has_pts=self._has_pts)

    def forget_times(self) -> None:
        """Expect the next picture to lie anywhere, since the decoder was moved."""
        self._repair = self._new_repair()

    def _duration(self, picture: VideoFrame) -> int | None:
        """Give the duration, but for one of FFmpeg's own making: a tick, for want of any."""
        is_plausible = picture.duration * self.info.time_base * _HIGHEST_RATE >= 1
        return picture.duration if is_plausible else None

    def skip(self, picture: VideoFrame) -> int:
        """Take note of the time of the next picture without making a frame; give its pts."""
        duration = self._duration(picture)
        return self._repair(picture.pts, dts=picture.dts, duration=duration)

    def __call__(self, picture: VideoFrame) -> Frame:
        """Make the next frame.

        Raises:
            SourceError: Size or format are not those of the first picture.
        """
        pts = self.skip(picture)
        duration = self._duration(picture)
        size = (picture.width, picture.height)
        if size != self._size or picture.format.name != self._name:
            raise SourceError(
                f"input {self._path!r} changes at pts {pts} from {self._size[0]}x{self._size[1]} "
                f"{self._name} to {picture.width}x{picture.height} {picture.format.name}: split it "
                "there with ffmpeg first"
            )
        self._watch_shape(pts)
        order = self._field_order(picture)
        frame = to_frame(picture, pts=pts, duration=duration, field_order=order)
        return frame if self._cropping is None else self._cropping.of(frame)

    def _watch_shape(self, pts: int) -> None:
        """Say where a broadcast turns from 4:3 to 16:9: an output has one shape of pixels."""
        shape = None if self._context is None else _fraction(self._context.sample_aspect_ratio)
        first = self.info.sample_aspect_ratio
        if shape is not None and shape != first:
            _LOG.warning(
                "input %r changes the shape of its pixels at pts %d from %s to %s: the output "
                "keeps that of its beginning; split it there with ffmpeg first if both matter",
                self._path,
                pts,
                first,
                shape,
            )
            self._context = None  # once is enough


def _clip_info(stream: VideoStream, first: VideoFrame) -> ClipInfo:
    frame = to_frame(first, pts=0, duration=None, field_order="progressive")
    rotation, is_flipped = orientation(first)
    return ClipInfo(
        width=first.width,
        height=first.height,
        format=frame.format,
        colour=frame.colour,
        time_base=time_base_of(stream),
        rate=_rate(stream, first),
        is_rate_assumed=_is_untimed(stream),
        sample_aspect_ratio=_fraction(stream.sample_aspect_ratio) or Fraction(1),
        rotation=rotation,
        is_flipped=is_flipped,
        has_alpha=frame.alpha is not None,
        has_captions=frame.captions is not None,
        hdr=hdr_of(first),
        dynamic_metadata=dynamic_metadata_of(first),
        view_metadata=view_metadata_of(first),
    )


def time_base_of(stream: VideoStream) -> Fraction:
    """Give the seconds in one unit of pts."""
    return _fraction(stream.time_base) or Fraction(1, 1000)


def _rate(stream: VideoStream, first: VideoFrame) -> Fraction | None:
    """Give the first plausible rate; some muxers state 1000 or 60000 frames a second."""
    shown = first.duration * time_base_of(stream)
    rates = (
        _fraction(stream.average_rate),
        1 / shown if shown > 0 else None,
        _fraction(stream.guessed_rate),
        _fraction(stream.base_rate),
    )
    return next((rate for rate in rates if rate is not None and rate <= _HIGHEST_RATE), None)


def _is_untimed(stream: VideoStream) -> bool:
    """Tell whether the container states no times, as bare streams and images do."""
    format = stream.container.format
    return bool(format.flags & _NO_TIMESTAMPS) or format.name.endswith("_pipe")


class _Ratio(Protocol):
    """What PyAV's rationals have."""

    @property
    def numerator(self) -> int:
        """Number above the line."""

    @property
    def denominator(self) -> int:
        """Number below the line; 0 where FFmpeg knows nothing."""


def _fraction(ratio: _Ratio | None) -> Fraction | None:
    """Turn one of PyAV's rationals into a positive fraction; None where it is unknown."""
    if ratio is None or ratio.numerator <= 0 or ratio.denominator <= 0:
        return None
    return Fraction(ratio.numerator, ratio.denominator)


def orientation(picture: VideoFrame) -> tuple[int, bool]:
    """Read how a player turns the picture from its display matrix.

    The matrix maps (x, y), y downwards, to (a x + c y, b x + d y). A mirrored one has a negative
    determinant; the mirror (x to -x) then comes first, the rotation after it.

    Returns:
        Degrees counter-clockwise (0, 90, 180 or 270), and whether the picture is mirrored first.
    """
    matrix = picture.side_data.get(SideDataType.DISPLAYMATRIX)
    if matrix is None:
        return 0, False
    a, b, _, c, d, *_ = memoryview(bytes(matrix)).cast("i")
    is_flipped = a * d - b * c < 0
    if is_flipped:
        a, b = -a, -b
    return round(-math.degrees(math.atan2(b, a)) / 90) * 90 % 360, is_flipped
