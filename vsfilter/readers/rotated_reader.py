"""A clip whose pixels are turned as a player would turn them."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np
import vapoursynth as vs

from vsfilter.clip import frame_times, frames_from
from vsfilter.closing import Closing
from vsfilter.readers.upright import settled_colour, upright_info, upright_plane
from vsfilter.vapoursynth.frame_feed import FrameFeed, cropped, padded_size
from vsfilter.vapoursynth.translation import read_planes, video_format

if TYPE_CHECKING:
    from vsfilter.clip import ClipInfo, ClipReader
    from vsfilter.frame import Frame, PixelFormat, Plane


class RotatedReader(Closing):
    """A clip with the rotation and mirroring of its metadata applied to its pixels.

    Subsampled chroma is brought to full resolution, turned, and subsampled anew by zimg: a sample
    to the left of its pixels would lie to their right after half a turn, which no format can say.
    Luma, alpha and full chroma are turned exactly.

    Args:
        reader: The clip; closed together with this one.
    """

    def __init__(self, reader: ClipReader) -> None:
        self._reader = reader
        given = reader.info
        # the format stays: an encoder may know no 4:4:0, which 4:2:2 becomes when it is turned
        colour = settled_colour(given.colour, given)
        self.info = replace(upright_info(given), format=given.format, colour=colour)
        self._given = given
        self._chroma = (
            _ChromaTurner(given, self.info, self._turn)
            if given.format.subsampling_w or given.format.subsampling_h
            else None
        )

    def _turn(self, plane: Plane) -> Plane:
        return np.ascontiguousarray(upright_plane(plane, self._given))

    def __iter__(self) -> Iterator[Frame]:
        """Give the frames in order of pts, each once."""
        return map(self._turned, self._reader)

    def frames_from(self, number: int) -> Iterator[Frame]:
        """Give the frames from a number on, as iterating from frame 0 would.

        Where the reader can only be read in order, this works once.
        """
        return map(self._turned, frames_from(self._reader, number))

    def frame_times(self) -> Iterator[int | None]:
        """Give the pts of each frame, then the end of the last one; see `SkippingReader`."""
        return frame_times(self._reader)

    def _turned(self, frame: Frame) -> Frame:
        luma, *chroma = frame.planes
        turned = (
            [self._turn(plane) for plane in chroma]
            if self._chroma is None
            else self._chroma.turn(frame)
        )
        return replace(
            frame,
            planes=(self._turn(luma), *turned),
            colour=settled_colour(frame.colour, self._given),
            alpha=None if frame.alpha is None else self._turn(frame.alpha),
        )

    def close(self) -> None:
        """Close the clip; safe to call twice."""
        self._reader.close()


class _ChromaTurner:
    """Turns subsampled chroma at full resolution, and keeps its siting."""

    def __init__(self, given: ClipInfo, turned: ClipInfo, turn: Callable[[Plane], Plane]) -> None:
        self._format: PixelFormat = given.format
        self._given, self._turned, self._turn = given, turned, turn
        full = replace(given.format, subsampling_w=0, subsampling_h=0)
        self._props = {"_ChromaLocation": given.colour.chroma_location or 0}

        def enlarge(feed: vs.VideoNode) -> vs.VideoNode:
            return vs.core.resize.Spline36(feed, format=video_format(full).id, dither_type="none")

        def reduce(feed: vs.VideoNode) -> vs.VideoNode:
            return vs.core.resize.Spline36(
                feed,
                format=video_format(given.format).id,
                chromaloc=self._props["_ChromaLocation"],
                dither_type="none",
            )

        columns, rows = padded_size(given.format, width=given.width, height=given.height)
        self._enlarger = FrameFeed(given.format, width=columns, height=rows, graph=enlarge)
        columns, rows = padded_size(turned.format, width=turned.width, height=turned.height)
        self._reducer = FrameFeed(full, width=columns, height=rows, graph=reduce)

    def turn(self, frame: Frame) -> tuple[Plane, ...]:
        """Give the two turned chroma planes of a frame."""
        large = read_planes(self._enlarger.send(frame.planes, self._props))
        size = (self._given.height, self._given.width)
        planes = [self._turn(plane[: size[0], : size[1]]) for plane in large]
        small = read_planes(self._reducer.send(planes, {}))
        width, height = self._turned.width, self._turned.height
        return cropped(small, self._format, width=width, height=height)[1:]
