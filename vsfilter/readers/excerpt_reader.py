"""The frames of an excerpt of a clip, with those around it that a model needs to see."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from dataclasses import replace
from fractions import Fraction

from vsfilter.clip import ClipInfo, ClipReader, TimeRange
from vsfilter.input_settings import Excerpt
from vsfilter.readers.excerpt_search import FoundExcerpt, Search
from vsfilter.readers.excerpt_times import ExcerptFrame, timed_frames
from vsfilter.window import Grid

_LOG = logging.getLogger(__name__)


class ExcerptReader:
    """An excerpt of a clip as the engine wants it: whole windows of the clip's own grid.

    So its frames come out as they do when the whole clip is restored. Opening finds the first
    frame: by a seek where the reader tells the times of its frames, else by reading up to it.

    Args:
        reader: The whole clip.
        excerpt: The part that is wanted; its numbers count frames of the input.
        grid: The windows.
        pictures_per_frame: Frames of `reader` for each frame of the input.

    Attributes:
        info: What holds for every frame; `covers` tells the excerpt's times.
        first: Number in the clip of the first frame that is given.
        begin: Number in the clip of the first frame that is wanted.

    Raises:
        OptionError: The excerpt begins after the clip's end, or holds no frame of it.
    """

    def __init__(
        self, reader: ClipReader, excerpt: Excerpt, grid: Grid, *, pictures_per_frame: int = 1
    ) -> None:
        self._search = Search(
            reader=reader, excerpt=excerpt, grid=grid, pictures_per_frame=pictures_per_frame
        )
        self.first = self.begin = 0
        self.info: ClipInfo = reader.info
        self._found: FoundExcerpt | None = None
        if not excerpt.is_all:
            self._found = self._search.run()
            self.begin = self._found.begin.number
            self.first = self._found.held[0].number
            self.info = self._covering(self._found)

    def __iter__(self) -> Iterator[ExcerptFrame]:
        """Give the frames in order, each once; stop when the last wanted one has its context."""
        found, grid = self._found, self._search.grid
        if found is None:
            yield from timed_frames(self._search.reader, 0)
            return
        stop: int | None = None
        for each in found.frames():
            place = self._search.place(each, origin=found.origin)
            if place == "after" and stop is None:
                stop = grid.reach(each.number - 1, each.number).stop
            if stop is not None and each.number >= stop:
                return
            last = each
            # a stated duration is rounded, and sound near the excerpt's end is cut by its sum
            frame = replace(each.frame, duration=each.until - each.frame.pts)
            yield replace(each, frame=frame, is_wanted=place == "inside")
        if stop is None:
            self._say_if_cut_short(last, found.origin)

    def _covering(self, found: FoundExcerpt) -> ClipInfo:
        """Describe the excerpt; its end is exact where times are known, else nearly so."""
        info, wanted, known = self._search.reader.info, self._search.excerpt, found.known
        begin = found.begin
        start_s = begin.frame.pts * info.time_base
        end_s: Fraction | None = None
        count: int | None = None
        is_exact = True
        if known is not None:
            count = known.stop - begin.number
            end_s = None if known.is_open else known.times[known.stop] * info.time_base
        elif wanted.end_s is not None:
            end_s = found.origin * info.time_base + wanted.end_s
            count = round((end_s - start_s) * info.rate) if info.rate else None
        elif wanted.stop is not None:
            count = wanted.stop * self._search.pictures_per_frame - begin.number
            end_s = start_s + count / info.rate if info.rate else None
            is_exact = False
        elif promised := info.frame_count or info.expected_frame_count:
            count = max(1, promised - begin.number)
        return replace(
            info,
            frame_count=None,
            expected_frame_count=count,
            covers=TimeRange(start_s=start_s, end_s=end_s, is_end_exact=is_exact),
        )

    def _say_if_cut_short(self, last: ExcerptFrame, origin: int) -> None:
        wanted, unit = self._search.excerpt, self._search.reader.info.time_base
        count = (last.number + 1) // self._search.pictures_per_frame
        if wanted.stop is not None and wanted.stop > count:
            _LOG.warning("the clip ends before the excerpt (%s): it has %d frames", wanted, count)
        end_s = (last.until - origin) * unit
        if wanted.end_s is not None and wanted.end_s > end_s + (last.until - last.frame.pts) * unit:
            _LOG.warning("the clip ends before the excerpt (%s): after %.3f s", wanted, end_s)
