"""Convert streamed frames to RGB and back, by the nodes of `colour`.

Each converter owns a small graph that never caches, and serves one caller at a time.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

import numpy as np
import vapoursynth as vs

from vsfilter.colour import RGBS, from_rgb, resize_rgb, source_props, to_rgb
from vsfilter.errors import SourceError
from vsfilter.frame import Frame, PixelFormat
from vsfilter.vapoursynth_frame import (
    colour_of,
    colour_props,
    fit_plane,
    read_planes,
    read_rgb,
    reason,
    video_format,
    whole_chroma_size,
    write_planes,
)

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from vsfilter.clip import ClipInfo
    from vsfilter.frame import Plane

_FEED_LENGTH = 1 << 30
Graph = Callable[[vs.VideoNode], vs.VideoNode]


class FrameToRgb:
    """Converter of the frames of one clip to RGB."""

    def __init__(self, info: ClipInfo) -> None:
        self._width, self._height = info.width, info.height
        padded = whole_chroma_size(info.format, width=info.width, height=info.height)
        self._feed = _Feed(info.format, width=padded[0], height=padded[1], graph=to_rgb)

    def convert(self, frame: Frame) -> NDArray[np.float32]:
        """Convert a frame of the clip's size and format.

        Returns:
            (3, h, w), RGB, float32, full range: black 0, white 1, not clamped.

        Raises:
            SourceError: The frame states a matrix or siting that zimg does not know.
        """
        rgb = read_rgb(self._feed.send(frame.planes, colour_props(frame.colour)))
        if rgb.shape[1:] == (self._height, self._width):
            return rgb
        return np.ascontiguousarray(rgb[:, : self._height, : self._width])


class RgbToFrame:
    """Converter of RGB pictures of one size to frames of one format and size.

    Args:
        format: Format of the frames.
        width: Columns of the frames, in px.
        height: Rows of the frames, in px.
        rgb_size: Columns and rows of the pictures, in px; None for those of the frames.
        is_limited: YUV gets limited range, whatever the source has.
    """

    def __init__(
        self,
        format: PixelFormat,
        *,
        width: int,
        height: int,
        rgb_size: tuple[int, int] | None = None,
        is_limited: bool = False,
    ) -> None:
        def resized(feed: vs.VideoNode) -> vs.VideoNode:
            return resize_rgb(feed, width=width, height=height)

        def graph(feed: vs.VideoNode) -> vs.VideoNode:
            return from_rgb(feed, format, is_limited=is_limited)

        padded = whole_chroma_size(format, width=width, height=height)
        self._feed = _Feed(RGBS, width=padded[0], height=padded[1], graph=graph)
        self._format = format
        self._resizing: _Feed | None = None
        if rgb_size not in (None, (width, height)):
            self._resizing = _Feed(RGBS, width=rgb_size[0], height=rgb_size[1], graph=resized)

    def convert(self, rgb: NDArray[np.float32], source: Frame) -> Frame:
        """Convert a picture.

        Args:
            rgb: (3, h, w), RGB, float32, full range; values outside the format are clipped.
            source: The frame that it was made of; its size resolves what its colour leaves open.

        Returns:
            A progressive frame with the time of the source and the colour that it really has; its
            planes are read-only.
        """
        colour = source.colour.resolved(source.format, height=source.height)
        if self._resizing is not None:
            rgb = read_rgb(self._resizing.send(rgb, {}))
        result = self._feed.send(rgb, source_props(colour))
        _, rows, columns = rgb.shape
        luma, *chroma = read_planes(result)
        if self._format.family == "rgb":  # never padded
            cropped = (luma, *chroma)
        else:  # chroma of odd sizes is rounded up already
            cropped = (luma[:rows, :columns], *chroma)
        return Frame(
            planes=cropped,
            format=self._format,
            colour=colour_of(result.props),
            pts=source.pts,
            duration=source.duration,
        )


class _Feed:
    """A graph on a node whose next frame is the one handed in."""

    def __init__(self, format: PixelFormat, *, width: int, height: int, graph: Graph) -> None:
        self._new_frame = (video_format(format).id, width, height)
        self._frame: vs.VideoFrame | None = None
        self._number = 0
        template = vs.core.std.BlankClip(
            format=self._new_frame[0], width=width, height=height, length=_FEED_LENGTH, keep=True
        )
        node = vs.core.std.ModifyFrame(template, template, lambda n, f: self._frame)
        node.std.SetVideoCache(mode=0)
        self._result = graph(node)
        self._result.std.SetVideoCache(mode=0)

    def send(
        self, planes: tuple[Plane, ...] | NDArray[np.float32], props: dict[str, int]
    ) -> vs.VideoFrame:
        """Send planes with properties through the graph, and wait for the result."""
        frame = vs.core.create_video_frame(*self._new_frame)
        write_planes(
            frame, [fit_plane(plane, frame[index].shape) for index, plane in enumerate(planes)]
        )
        frame.props.update(props)
        self._frame = frame
        self._number = (self._number + 1) % _FEED_LENGTH
        try:
            return self._result.get_frame(self._number)
        except vs.Error as error:
            raise SourceError(f"colours cannot be converted: {reason(error)}") from error
        finally:
            self._frame = None
