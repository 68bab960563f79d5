"""The frames of a clip or an excerpt as the restorer wants them, from any frame on."""

from __future__ import annotations

import logging
from collections.abc import Iterator

from vsfilter.engine.stream import Picture
from vsfilter.readers.excerpt_reader import ExcerptReader
from vsfilter.readers.excerpt_times import ExcerptFrame
from vsfilter.rgb_converter import FrameToRgb
from vsfilter.window import Grid

_LOG = logging.getLogger(__name__)


class ClipFeed:
    """Reads an excerpt and converts its frames.

    Args:
        excerpt: The part of the clip that is wanted, which may be all of it.
        grid: The windows.
        done: Number of its frames whose results are there already.

    Attributes:
        begin: Number in the clip of the first frame that is converted. Those before are only
            decoded, since that is the one way which gives the same frames and times for every
            input.
        wanted: Number of the excerpt's frames read so far, those that are done included.
    """

    def __init__(self, excerpt: ExcerptReader, grid: Grid, *, done: int) -> None:
        self._excerpt = excerpt
        self._first = excerpt.begin + done  # whose result is wanted
        self.begin = grid.reach(self._first, self._first + 1).start
        self._to_rgb = FrameToRgb(excerpt.info)
        self.wanted = 0

    def frames(self) -> Iterator[ExcerptFrame]:
        """Give the frames that are converted."""
        for each in self._excerpt:
            self.wanted += each.is_wanted
            if each.number >= self.begin:
                yield each

    def prepare(self, each: ExcerptFrame) -> Picture:
        """Convert a frame to what the model sees."""
        frame = each.frame
        if frame.field_order != "progressive":
            _LOG.warning("the input is interlaced: use --deinterlace auto for a good result")
        is_wanted = each.is_wanted and each.number >= self._first
        return Picture(frame=frame, rgb=self._to_rgb.convert(frame), is_wanted=is_wanted)
