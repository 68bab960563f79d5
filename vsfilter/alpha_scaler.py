"""The alpha plane of a frame at another size: scaled by zimg, never by a model."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np
import vapoursynth as vs

from vsfilter.vapoursynth.alpha import enlarged_alpha
from vsfilter.vapoursynth.frame_feed import FrameFeed
from vsfilter.vapoursynth.translation import read_planes, video_format

if TYPE_CHECKING:
    from vsfilter.frame import Frame, PixelFormat, Plane


class AlphaScaler:
    """Scaler of alpha planes of one size and depth, bicubic.

    Alpha is of full range in every format: 0 is transparent, the highest value opaque.

    Args:
        source: A frame of the clip, with alpha.
        format: Format of the output, whose depth the scaled planes get.
        width: Columns of the output, in px.
        height: Rows of the output, in px.
    """

    def __init__(self, source: Frame, format: PixelFormat, *, width: int, height: int) -> None:
        given = replace(source.format, family="gray", subsampling_w=0, subsampling_h=0)
        wanted = replace(format, family="gray", subsampling_w=0, subsampling_h=0)

        def graph(feed: vs.VideoNode) -> vs.VideoNode:
            return enlarged_alpha(feed, video_format(wanted), width=width, height=height)

        self._feed = FrameFeed(given, width=source.width, height=source.height, graph=graph)

    def scale(self, alpha: Plane) -> Plane:
        """Scale one plane (rows, columns); the result is read-only."""
        return read_planes(self._feed.send([np.ascontiguousarray(alpha)], {}))[0]
