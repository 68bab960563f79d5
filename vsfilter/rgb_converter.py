"""Convert streamed frames to RGB and back, by the nodes of `colour`.

Each converter owns a small graph that never caches, and serves one caller at a time.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import vapoursynth as vs

from vsfilter.alpha_scaler import AlphaScaler
from vsfilter.colour import RGBS, from_rgb, resize_rgb, source_props, to_rgb
from vsfilter.errors import SourceError
from vsfilter.frame import Frame, PixelFormat
from vsfilter.vapoursynth.frame_feed import FrameFeed, cropped, padded_size
from vsfilter.vapoursynth.translation import colour_of, colour_props, read_planes, read_rgb

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from vsfilter.clip import ClipInfo
    from vsfilter.frame import Colour, Plane


class FrameToRgb:
    """Converter of the frames of one clip to RGB."""

    def __init__(self, info: ClipInfo) -> None:
        self._format, self._width, self._height = info.format, info.width, info.height
        columns, rows = padded_size(info.format, width=info.width, height=info.height)
        self._feed = FrameFeed(info.format, width=columns, height=rows, graph=to_rgb)

    def convert(self, frame: Frame) -> NDArray[np.float32]:
        """Convert a frame of the clip's size and format.

        Returns:
            (3, h, w), RGB, float32, full range: black 0, white 1, not clamped.

        Raises:
            SourceError: The frame states a matrix or siting that zimg does not know, or is not
                of the clip's format, though its source says so.
        """
        if frame.format != self._format:
            raise SourceError(f"a frame is {frame.format}, where its clip is {self._format}")
        # By its own size: that of the graph may be a column more.
        colour = frame.colour.resolved(self._format, width=self._width, height=self._height)
        rgb = read_rgb(self._feed.send(frame.planes, colour_props(colour)))
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
        colour: What the samples of all frames shall mean, which a file states once; None for what
            those of each source do.
    """

    def __init__(
        self,
        format: PixelFormat,
        *,
        width: int,
        height: int,
        rgb_size: tuple[int, int] | None = None,
        colour: Colour | None = None,
    ) -> None:
        def resized(feed: vs.VideoNode) -> vs.VideoNode:
            return resize_rgb(feed, width=width, height=height)

        def graph(feed: vs.VideoNode) -> vs.VideoNode:
            return from_rgb(feed, format)

        columns, rows = padded_size(format, width=width, height=height)
        self._feed = FrameFeed(RGBS, width=columns, height=rows, graph=graph)
        self._format, self._colour = format, colour
        self._size = (width, height)
        self._alpha: AlphaScaler | None = None
        self._resizing: FrameFeed | None = None
        if rgb_size not in (None, (width, height)):
            self._resizing = FrameFeed(RGBS, width=rgb_size[0], height=rgb_size[1], graph=resized)

    def convert(self, rgb: NDArray[np.float32], source: Frame) -> Frame:
        """Convert a picture.

        Args:
            rgb: (3, h, w), RGB, float32, full range; values outside the format are clipped.
            source: The frame that it was made of; its size resolves what its colour leaves open.

        Returns:
            A progressive frame with the time of the source and the colour that it really has; its
            planes are read-only.
        """
        colour = self._colour or source.colour.resolved(
            source.format, width=source.width, height=source.height
        )
        if self._resizing is not None:
            rgb = read_rgb(self._resizing.send(rgb, {}))
        result = self._feed.send(rgb, source_props(colour))
        width, height = self._size
        return Frame(
            planes=cropped(read_planes(result), self._format, width=width, height=height),
            format=self._format,
            colour=colour_of(result.props),
            pts=source.pts,
            duration=source.duration,
            alpha=self._scaled_alpha(source),
            captions=source.captions,
        )

    def _scaled_alpha(self, source: Frame) -> Plane | None:
        if source.alpha is None:
            return None
        if self._alpha is None:
            width, height = self._size
            self._alpha = AlphaScaler(source, self._format, width=width, height=height)
        return self._alpha.scale(source.alpha)
