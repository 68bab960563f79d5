"""The frames of a clip as the restorer wants them, from any frame on."""

from __future__ import annotations

import logging
from collections.abc import Iterator

from vsfilter.clip import ClipReader
from vsfilter.engine.stream import Picture
from vsfilter.frame import Frame
from vsfilter.rgb_converter import FrameToRgb

_LOG = logging.getLogger(__name__)


class ClipFeed:
    """Reads a clip and converts its frames.

    Args:
        reader: The clip.
        begin: First frame that is converted; those before are only decoded, since that is the one
            way which gives the same frames and times for every input.
        first: First frame whose result is wanted.

    Attributes:
        frames_read: Number of frames read so far, those before `begin` included.
    """

    def __init__(self, reader: ClipReader, *, begin: int, first: int) -> None:
        self._reader = reader
        self._begin, self._first = begin, first
        self._to_rgb = FrameToRgb(reader.info)
        self.frames_read = 0

    def frames(self) -> Iterator[tuple[int, Frame]]:
        """Give the frames with their numbers."""
        for number, frame in enumerate(self._reader):
            self.frames_read = number + 1
            if number >= self._begin:
                yield number, frame

    def prepare(self, numbered: tuple[int, Frame]) -> Picture:
        """Convert a frame to what the model sees."""
        number, frame = numbered
        if frame.field_order != "progressive":
            _LOG.warning("the input is interlaced: deinterlace it first for a good result")
        rgb = self._to_rgb.convert(frame)
        return Picture(frame=frame, rgb=rgb, is_wanted=number >= self._first)
