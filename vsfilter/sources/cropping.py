"""Edges that a container has players leave out: Matroska's cropping, QuickTime's clean aperture."""

from __future__ import annotations

import logging
import struct
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from av.video.frame import VideoFrame
from av.video.stream import VideoStream

from vsfilter.frame import Frame

if TYPE_CHECKING:
    from vsfilter.frame import Plane

_LOG = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True, kw_only=True)
class Cropping:
    """What is shown of each picture.

    Where chroma is subsampled, an edge within a sample of it keeps the whole sample, as in FFmpeg.

    Attributes:
        left: The first column.
        top: The first row.
        width: Columns.
        height: Rows.
    """

    left: int
    top: int
    width: int
    height: int

    def of(self, frame: Frame) -> Frame:
        """Give what is shown of a frame."""
        planes = []
        for index, plane in enumerate(frame.planes):
            rows, columns = frame.format.plane_shape(index, width=self.width, height=self.height)
            is_chroma = index > 0
            left = self.left >> (frame.format.subsampling_w * is_chroma)
            top = self.top >> (frame.format.subsampling_h * is_chroma)
            planes.append(_part(plane, left, top, columns, rows))
        alpha = frame.alpha
        if alpha is not None:
            alpha = _part(alpha, self.left, self.top, self.width, self.height)
        return replace(frame, planes=tuple(planes), alpha=alpha)


def _part(plane: Plane, left: int, top: int, columns: int, rows: int) -> Plane:
    return plane[top : top + rows, left : left + columns].copy()


def cropping_of(stream: VideoStream, first: VideoFrame) -> Cropping | None:
    """Read what a container has players leave out; None for nothing, or more than there is.

    Args:
        stream: The stream.
        first: Its first picture, whose size holds for the clip.
    """
    data = stream.codec_context.coded_side_data.get("frame_cropping")
    if data is None:
        return None
    top, bottom, left, right = struct.unpack_from("<4I", data)
    width, height = first.width - left - right, first.height - top - bottom
    if width <= 0 or height <= 0:
        _LOG.warning(
            "the container has %d, %d, %d and %d px cropped (left, top, right, bottom) of "
            "%dx%d: nothing is",
            *(left, top, right, bottom),
            *(first.width, first.height),
        )
        return None
    if (width, height) == (first.width, first.height):
        return None
    return Cropping(left=left, top=top, width=width, height=height)
