"""A clip whose interlaced frames are made progressive."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator
from dataclasses import replace
from itertools import islice

import numpy as np

from vsfilter.clip import ClipInfo, ClipReader, SkippingReader, frame_times
from vsfilter.closing import Closing
from vsfilter.errors import SourceError
from vsfilter.frame import Frame
from vsfilter.input_settings import Deinterlace
from vsfilter.sources.bwdif import can_filter
from vsfilter.sources.field_decision import decide
from vsfilter.sources.field_survey import survey
from vsfilter.sources.fields_to_frames import FieldsToFrames

_SURVEY_FRAMES = 200
_SURVEY_BYTES = 128 * 2**20
_FEWEST_SURVEYED = 4


class Deinterlaced(Closing):
    """A clip, deinterlaced where it is interlaced; all its frames say that they are progressive.

    What is done is decided from the first frames (200, or as many as 128 MiB hold), which are read
    ahead; so it depends on the clip alone.

    Args:
        reader: The clip; it is closed with this one.
        mode: "frame" or "field" for one frame from two fields or from each; "auto" for "frame"
            where the clip is interlaced.

    Attributes:
        pictures_per_frame: Frames for each frame of the reader: 2 in the mode "field", else 1.
        finding: What was found and what is done, in words; None where there is nothing to say.

    Raises:
        SourceError: Fields are wanted of a pixel format that bwdif does not know.
    """

    def __init__(self, reader: ClipReader, mode: Deinterlace) -> None:
        self._reader = reader
        self._coming = iter(reader)
        self._ahead = deque(islice(self._coming, survey_length(reader.info)))
        self._next = 0  # number of the frame of the reader that comes next
        info = reader.info
        self._is_able = can_filter(info.format, width=info.width, height=info.height)
        self.pictures_per_frame = 2 if mode == "field" else 1
        self._fields = FieldsToFrames(
            info=reader.info,
            decision=decide(survey(list(self._ahead)), mode),
            pictures_per_frame=self.pictures_per_frame,
        )
        if not self._is_able and mode != "auto":
            raise SourceError(f"{self._describe()}: convert the clip to yuv422p16 or so first")
        self._info = _doubled(reader.info) if self.pictures_per_frame == 2 else reader.info
        self.finding = self._describe()

    @property
    def info(self) -> ClipInfo:
        """What holds for every frame."""
        return self._info

    def _describe(self) -> str | None:
        decision, format = self._fields.decision, self._reader.info.format
        if decision.finding is None:
            return None
        if not self._is_able:
            size = f"{self._reader.info.width}x{self._reader.info.height}"
            kind = f"{format.family} of {format.bits} bits of this kind and {size} px"
            return f"{decision.finding}: left so, since bwdif takes no {kind}"
        if decision.treated == "combed":
            return f"{decision.finding}; only frames that look interlaced are deinterlaced"
        rate = self._info.rate
        aim = f" to {float(rate):.5g} frames a second" if rate else ""
        return f"{decision.finding}; deinterlaced{aim} by bwdif"

    def __iter__(self) -> Iterator[Frame]:
        """Give the frames in order of pts, each once."""
        return self._convert(self._read_on(), has_lead=False)

    def _convert(self, frames: Iterator[Frame], *, has_lead: bool) -> Iterator[Frame]:
        if self._is_able:
            return self._fields.convert(frames, has_lead=has_lead)
        return islice(frames, int(has_lead), None)

    def _read_on(self) -> Iterator[Frame]:
        while self._ahead:
            self._next += 1
            yield self._ahead.popleft()
        for frame in self._coming:
            self._next += 1
            yield frame

    def frames_from(self, number: int) -> Iterator[Frame]:
        """Give the frames from a number on, as iterating from frame 0 would.

        Where the reader can only be read in order, this works once.
        """
        first, rest = divmod(number, self.pictures_per_frame)
        start = max(0, first - 1)
        is_held = 0 <= start - self._next <= len(self._ahead)
        if isinstance(self._reader, SkippingReader) and not is_held:
            self._ahead.clear()
            self._coming, self._next = self._reader.frames_from(start), start
        frames = islice(self._read_on(), start - self._next, None)
        return islice(self._convert(frames, has_lead=first > 0), rest, None)

    def frame_times(self) -> Iterator[int | None]:
        """Give the pts of each frame, then the end of the last one; see `SkippingReader`."""
        known = frame_times(self._reader)
        return known if self.pictures_per_frame == 1 else _halved(known)

    def close(self) -> None:
        """Close the reader; safe to call twice."""
        self._reader.close()


def survey_length(info: ClipInfo) -> int:
    """Count the first frames of a clip that decide what is done with its fields."""
    planes = range(info.format.plane_count)
    shapes = (info.format.plane_shape(i, width=info.width, height=info.height) for i in planes)
    samples = sum(rows * columns for rows, columns in shapes)
    samples += info.width * info.height if info.has_alpha else 0
    size = samples * np.dtype(info.format.dtype).itemsize
    return min(_SURVEY_FRAMES, max(_FEWEST_SURVEYED, _SURVEY_BYTES // size))


def _doubled(info: ClipInfo) -> ClipInfo:
    """Describe a clip with a frame for each field."""
    expected = info.expected_frame_count
    return replace(
        info,
        time_base=info.time_base / 2,
        rate=None if info.rate is None else 2 * info.rate,
        frame_count=None if info.frame_count is None else 2 * info.frame_count,
        expected_frame_count=None if expected is None else 2 * expected,
    )


def _halved(times: Iterator[int | None]) -> Iterator[int | None]:
    """Put a time in the middle between each two, in units of half the length."""
    last: int | None = None
    for each in times:
        if each is None:
            yield None
            return
        if last is not None:
            yield last + each
        yield 2 * each
        last = each
