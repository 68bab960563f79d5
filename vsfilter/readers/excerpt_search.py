"""Where an excerpt begins in a clip: looked up where times are known, else by reading up to it."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass

from vsfilter.clip import ClipReader
from vsfilter.errors import OptionError
from vsfilter.input_settings import Excerpt, Place
from vsfilter.readers.excerpt_times import (
    ExcerptFrame,
    KnownPlace,
    beyond_end,
    look_up,
    timed_frames,
)
from vsfilter.window import Grid


@dataclass(frozen=True, slots=True, kw_only=True)
class Search:
    """What is looked for.

    Attributes:
        reader: The whole clip.
        excerpt: The part that is wanted; its numbers count frames of the input.
        grid: The windows.
        pictures_per_frame: Frames of `reader` for each frame of the input.
    """

    reader: ClipReader
    excerpt: Excerpt
    grid: Grid
    pictures_per_frame: int

    def place(self, each: ExcerptFrame, *, origin: int) -> Place:
        """Tell where a frame lies; `origin` is the pts of the clip's first one."""
        until_s = (each.until - origin) * self.reader.info.time_base
        return self.excerpt.place(each.number // self.pictures_per_frame, until_s)

    def run(self) -> FoundExcerpt:
        """Find the first frame of the excerpt, reading no more than the way to it.

        Raises:
            OptionError: The excerpt begins after the clip's end, or holds no frame of it.
        """
        known = look_up(self.reader, self.excerpt, pictures_per_frame=self.pictures_per_frame)
        if known is not None:
            found = self._read_from(self._window_start(known.first), known)
            if found is not None:
                return found
            # the file is damaged: it has not the frames that it promises
        first = (self.excerpt.first or 0) * self.pictures_per_frame
        found = self._read_from(self._window_start(first), None)
        assert found is not None  # without times to keep to, it is found or told missing
        return found

    def _window_start(self, number: int) -> int:
        return self.grid.reach(number, number + 1).start

    def _read_from(self, start: int, known: KnownPlace | None) -> FoundExcerpt | None:
        """Read up to the first wanted frame, and hold what its window needs.

        Args:
            start: Number of the frame to begin with.
            known: What the times of frames must be, if that is known.

        Returns:
            None where other frames come than are known of.

        Raises:
            OptionError: The excerpt begins after the clip's end, or holds no frame of it.
        """
        room = self.grid.core + self.grid.context
        held: deque[ExcerptFrame] = deque(maxlen=room + 1)
        origin = None if known is None else known.times[0]
        coming = timed_frames(self.reader, start)
        for each in coming:
            if known is not None and not known.has(each):
                return None
            origin = each.frame.pts if origin is None else origin
            held.append(each)
            place = self.place(each, origin=origin)
            if place == "inside":
                first = self._window_start(each.number)
                while held[0].number < first:
                    held.popleft()
                return FoundExcerpt(
                    begin=each, held=held, coming=coming, origin=origin, known=known
                )
            if place == "after":
                number = each.number // self.pictures_per_frame
                raise OptionError(
                    f"the excerpt ({self.excerpt}) holds no frame: it begins and ends while "
                    f"frame {number} is shown"
                )
        if known is not None:
            return None
        raise beyond_end(self.excerpt, held[-1].number + 1 if held else None)


@dataclass(frozen=True, slots=True, kw_only=True)
class FoundExcerpt:
    """An excerpt whose first frame has been read.

    Attributes:
        begin: Its first frame.
        held: What has been read of the window of that frame, in order, up to it.
        coming: The frames behind it.
        origin: The pts of the clip's first frame.
        known: Where all of it lies; None where only reading can tell.
    """

    begin: ExcerptFrame
    held: deque[ExcerptFrame]
    coming: Iterator[ExcerptFrame]
    origin: int
    known: KnownPlace | None

    def frames(self) -> Iterator[ExcerptFrame]:
        """Give what is held, and then what comes, each once."""
        while self.held:  # what has been given is not held any longer
            yield self.held.popleft()
        yield from self.coming
