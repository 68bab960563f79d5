"""FFmpeg's deinterlacer bwdif, for the frames of one clip with their alpha."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from av.video.frame import VideoFrame

from vsfilter.clip import ClipInfo
from vsfilter.frame import Frame, PixelFormat
from vsfilter.pixel_formats import planar_name
from vsfilter.sources.decoded_frame import to_frame
from vsfilter.sources.field_decision import Order
from vsfilter.sources.frame_filter import FrameFilter, planes_in_ffmpeg_order

_GRAY_BITS = (8, 16)
_PARITY = {"top": "tff", "bottom": "bff"}


class Bwdif:
    """The deinterlacer of consecutive frames; it gives those of one when the next one comes.

    Args:
        info: What holds for every frame; `can_filter` holds for its format.
        order: Which field comes first.
        pictures_per_frame: 2 for a frame from each field, 1 for a frame from two.
    """

    def __init__(self, info: ClipInfo, *, order: Order, pictures_per_frame: int) -> None:
        self._info = info
        mode = "send_field" if pictures_per_frame == 2 else "send_frame"
        self._arguments = f"mode={mode}:parity={_PARITY[order]}:deint=all"
        self._pictures = self._open(planar_name(info.format) or "")
        self._alpha: FrameFilter | None = None

    def _open(self, pix_fmt: str) -> FrameFilter:
        return FrameFilter(
            pix_fmt,
            width=self._info.width,
            height=self._info.height,
            filters=[("bwdif", self._arguments)],
        )

    def push(self, frame: Frame) -> list[Frame]:
        """Take the next frame; give the progressive ones that are finished, without times."""
        pictures = self._pictures.push(planes_in_ffmpeg_order(frame))
        if frame.alpha is None:
            return self._frames(pictures, [])
        if self._alpha is None:
            self._alpha = self._open("gray" if frame.format.bits == 8 else "gray16le")
        return self._frames(pictures, self._alpha.push([frame.alpha]))

    def finish(self) -> list[Frame]:
        """Give the rest, when no frame follows."""
        return self._frames(self._pictures.finish(), self._alpha.finish() if self._alpha else [])

    def _frames(self, pictures: list[VideoFrame], alphas: list[VideoFrame]) -> list[Frame]:
        frames = [_to_frame(picture) for picture in pictures]
        if self._alpha is None:
            return frames
        top = self._info.format.highest  # which the filter does not know of 10 bits in 16
        planes = [np.minimum(_to_frame(alpha).planes[0], top) for alpha in alphas]
        return [replace(frame, alpha=plane) for frame, plane in zip(frames, planes, strict=True)]


def _to_frame(picture: VideoFrame) -> Frame:
    return to_frame(picture, pts=0, duration=None, field_order="progressive")


def can_filter(format: PixelFormat, *, width: int, height: int) -> bool:
    """Tell whether bwdif takes pictures of that format and size as they are."""
    if width < 3 or height < 4 or format.is_float or planar_name(format) is None:
        return False
    if format.family == "gray":
        return format.bits in _GRAY_BITS
    is_440 = (format.subsampling_w, format.subsampling_h) == (0, 1)
    return format.bits == 8 or not is_440
