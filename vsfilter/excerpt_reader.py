"""The frames of an excerpt of a clip, with those around it that a model needs to see."""

from __future__ import annotations

import logging
from collections import deque
from collections.abc import Iterator
from dataclasses import replace
from fractions import Fraction
from itertools import chain

from vsfilter.clip import ClipInfo, ClipReader, TimeRange
from vsfilter.errors import OptionError
from vsfilter.excerpt_times import ExcerptFrame, KnownPlace, beyond_end, look_up, timed_frames
from vsfilter.input_settings import Excerpt, Place
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
        self._reader, self._excerpt, self._grid = reader, excerpt, grid
        self._per_frame = pictures_per_frame
        self._held: deque[ExcerptFrame] = deque()  # read while looking for the first one
        self._origin: int | None = None  # pts of the clip's first frame
        self.first = self.begin = 0
        self.info: ClipInfo = reader.info
        if not excerpt.is_all:
            found = self._find()
            self.begin = found.number
            self.first = grid.reach(self.begin, self.begin + 1).start
            while self._held[0].number < self.first:
                self._held.popleft()
            self.info = self._covering(found)
        else:
            self._coming = timed_frames(reader, 0)

    def __iter__(self) -> Iterator[ExcerptFrame]:
        """Give the frames in order, each once; stop when the last wanted one has its context."""
        if self._excerpt.is_all:
            yield from self._coming
            return
        stop: int | None = None
        for each in chain(self._take_held(), self._coming):
            place = self._place(each)
            if place == "after" and stop is None:
                stop = self._grid.reach(each.number - 1, each.number).stop
            if stop is not None and each.number >= stop:
                return
            last = each
            # a stated duration is rounded, and sound near the excerpt's end is cut by its sum
            frame = replace(each.frame, duration=each.until - each.frame.pts)
            yield replace(each, frame=frame, is_wanted=place == "inside")
        if stop is None:
            self._say_if_cut_short(last)

    def _take_held(self) -> Iterator[ExcerptFrame]:
        while self._held:
            yield self._held.popleft()

    def _find(self) -> ExcerptFrame:
        """Read up to the first wanted frame; hold what its window needs."""
        known = look_up(self._reader, self._excerpt, pictures_per_frame=self._per_frame)
        if known is not None:
            self._origin = known.times[0]
            start = self._grid.reach(known.first, known.first + 1).start
            found = self._read_from(start, expected_pts=known.times[start])
            if found is not None:
                self._known: KnownPlace | None = known
                return found
            self._origin = None  # the file is damaged: it has not the frames that it promises
        self._known = None
        first = (self._excerpt.first or 0) * self._per_frame
        found = self._read_from(self._grid.reach(first, first + 1).start)
        if found is None:
            raise beyond_end(self._excerpt, self._held[-1].number + 1 if self._held else None)
        return found

    def _read_from(self, start: int, *, expected_pts: int | None = None) -> ExcerptFrame | None:
        """Read up to the first wanted frame; None where it does not come, or other frames do.

        Args:
            start: Number of the frame to begin with.
            expected_pts: What that frame's pts must be, if it is known.
        """
        room = self._grid.core + self._grid.context
        self._held.clear()
        self._coming = timed_frames(self._reader, start)
        for each in self._coming:
            if each.number == start and expected_pts not in (None, each.frame.pts):
                return None
            if self._origin is None:
                self._origin = each.frame.pts
            self._held.append(each)
            place = self._place(each)
            if place == "inside":
                return each
            if place == "after":
                raise OptionError(
                    f"the excerpt ({self._excerpt}) holds no frame: it begins and ends while "
                    f"frame {each.number // self._per_frame} is shown"
                )
            if len(self._held) > room:
                self._held.popleft()
        return None

    def _place(self, each: ExcerptFrame) -> Place:
        until_s = (each.until - (self._origin or 0)) * self._reader.info.time_base
        return self._excerpt.place(each.number // self._per_frame, until_s)

    def _covering(self, begin: ExcerptFrame) -> ClipInfo:
        """Describe the excerpt; its end is exact where times are known, else nearly so."""
        info, wanted, known = self._reader.info, self._excerpt, self._known
        start_s = begin.frame.pts * info.time_base
        end_s: Fraction | None = None
        count: int | None = None
        is_exact = True
        if known is not None:
            count = known.stop - begin.number
            end_s = None if known.is_open else known.times[known.stop] * info.time_base
        elif wanted.end_s is not None:
            end_s = (self._origin or 0) * info.time_base + wanted.end_s
            count = round((end_s - start_s) * info.rate) if info.rate else None
        elif wanted.stop is not None:
            count = wanted.stop * self._per_frame - begin.number
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

    def _say_if_cut_short(self, last: ExcerptFrame) -> None:
        wanted, unit = self._excerpt, self._reader.info.time_base
        count = (last.number + 1) // self._per_frame
        if wanted.stop is not None and wanted.stop > count:
            _LOG.warning("the clip ends before the excerpt (%s): it has %d frames", wanted, count)
        end_s = (last.until - (self._origin or 0)) * unit
        if wanted.end_s is not None and wanted.end_s > end_s + (last.until - last.frame.pts) * unit:
            _LOG.warning("the clip ends before the excerpt (%s): after %.3f s", wanted, end_s)
