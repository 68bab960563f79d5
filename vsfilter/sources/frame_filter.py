"""FFmpeg's video filters, for frames of one size and format."""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction
from typing import TYPE_CHECKING

import numpy as np
from av.filter import Graph
from av.video.frame import VideoFrame

from vsfilter.errors import SourceError
from vsfilter.frame import Frame

if TYPE_CHECKING:
    from vsfilter.frame import Plane

_UNIT = Fraction(1, 25)  # frames are told apart by their order; their times do not pass through


class FrameFilter:
    """A chain of filters; on one thread, since FFmpeg's and torch's have hung beside each other.

    Args:
        pix_fmt: FFmpeg's name of a planar format.
        width: Columns, in px.
        height: Rows, in px.
        filters: Names and arguments, in order.
    """

    def __init__(
        self, pix_fmt: str, *, width: int, height: int, filters: Sequence[tuple[str, str]]
    ) -> None:
        self._pix_fmt, self._width, self._height = pix_fmt, width, height
        self._number = 0
        self._graph = Graph()
        self._graph.threads = 1
        nodes = [
            self._graph.add_buffer(width=width, height=height, format=pix_fmt, time_base=_UNIT),
            *(self._graph.add(name, arguments) for name, arguments in filters),
            self._graph.add("buffersink"),
        ]
        self._graph.link_nodes(*nodes).configure()
        self._entry, self._exit = nodes[0], nodes[-1]

    def push(self, planes: Sequence[Plane]) -> list[VideoFrame]:
        """Give the filters the next frame, and get what they have finished.

        Args:
            planes: (rows, columns) each, in FFmpeg's order.
        """
        picture = to_picture(planes, self._pix_fmt, width=self._width, height=self._height)
        picture.pts, picture.time_base = self._number, _UNIT
        self._number += 1
        self._entry.push(picture)
        return self._pull()

    def finish(self) -> list[VideoFrame]:
        """Tell the filters that no frame follows, and get the rest."""
        if self._number:
            self._entry.push(None)
        return self._pull()

    def _pull(self) -> list[VideoFrame]:
        done: list[VideoFrame] = []
        while True:
            try:
                picture = self._exit.pull()
            except (BlockingIOError, EOFError):
                return done
            if not isinstance(picture, VideoFrame) or picture.format.name != self._pix_fmt:
                raise SourceError(f"FFmpeg cannot filter {self._pix_fmt}: report this")
            done.append(picture)


def planes_in_ffmpeg_order(frame: Frame) -> tuple[Plane, ...]:
    """Give the planes of a frame as FFmpeg orders them: RGB as G, B, R."""
    if frame.format.family != "rgb":
        return frame.planes
    red, green, blue = frame.planes
    return green, blue, red


def to_picture(planes: Sequence[Plane], pix_fmt: str, *, width: int, height: int) -> VideoFrame:
    """Copy planes (rows, columns), in FFmpeg's order, into a picture of FFmpeg's.

    Args:
        planes: The samples.
        pix_fmt: FFmpeg's name of their planar format.
        width: Columns, in px.
        height: Rows, in px.
    """
    picture = VideoFrame(width, height, pix_fmt)
    for plane, words in zip(planes, picture.planes, strict=True):
        rows = np.frombuffer(words, plane.dtype).reshape(words.height, -1)
        rows[:, : plane.shape[1]] = plane
    return picture
