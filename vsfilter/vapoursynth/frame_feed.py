"""A VapourSynth graph through which planes are sent one frame at a time."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING

import numpy as np
import vapoursynth as vs

from vsfilter.errors import SourceError
from vsfilter.vapoursynth.translation import reason, video_format, write_planes

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from vsfilter.frame import PixelFormat, Plane

_FEED_LENGTH = 1 << 30
Graph = Callable[[vs.VideoNode], vs.VideoNode]


class FrameFeed:
    """A graph on a node whose next frame is the one handed in; it serves one caller at a time.

    Args:
        format: Format of the frames that are handed in.
        width: Their columns, in px: a whole number of chroma samples.
        height: Their rows, likewise.
        graph: Makes the node that gives the result.
    """

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
        self, planes: Sequence[Plane] | NDArray[np.float32], props: Mapping[str, int]
    ) -> vs.VideoFrame:
        """Send planes with properties through the graph, and wait for the result.

        Planes that are too small are continued by their last row and column.

        Raises:
            SourceError: VapourSynth refuses the frame.
        """
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


def padded_size(format: PixelFormat, *, width: int, height: int) -> tuple[int, int]:
    """Round a size up to one that VapourSynth can hold: whole chroma samples.

    The border is repeated there and cut off again, and moves no sample.

    Returns:
        Columns and rows, in px.
    """
    return (
        -(-width >> format.subsampling_w) << format.subsampling_w,
        -(-height >> format.subsampling_h) << format.subsampling_h,
    )


def cropped(
    planes: Sequence[Plane], format: PixelFormat, *, width: int, height: int
) -> tuple[Plane, ...]:
    """Cut the border of `padded_size` off."""
    shapes = (format.plane_shape(index, width=width, height=height) for index in range(len(planes)))
    return tuple(
        plane[:rows, :columns] for plane, (rows, columns) in zip(planes, shapes, strict=True)
    )


def fit_plane(plane: Plane, shape: tuple[int, int]) -> Plane:
    """Repeat the last row and column of a plane until it has a shape (rows, columns)."""
    missing = (shape[0] - plane.shape[0], shape[1] - plane.shape[1])
    if missing == (0, 0):
        return plane
    return np.pad(plane, ((0, missing[0]), (0, missing[1])), mode="edge")
