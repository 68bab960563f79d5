"""Progressive frames out of interlaced ones, by FFmpeg's bwdif."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from itertools import batched

from vsfilter.clip import ClipInfo
from vsfilter.frame import Frame
from vsfilter.sources.bwdif import Bwdif
from vsfilter.sources.field_decision import FieldDecision
from vsfilter.sources.field_survey import is_combed


@dataclass(frozen=True, slots=True, kw_only=True)
class _Source:
    """A frame whose pictures are still to come; `until` is when it is no longer shown."""

    frame: Frame
    until: int


@dataclass(frozen=True, slots=True, kw_only=True)
class FieldsToFrames:
    """The deinterlacer of one clip. A frame of it depends on one and its two neighbours.

    Attributes:
        info: What holds for every interlaced frame.
        decision: Which frames are deinterlaced, and how.
        pictures_per_frame: 2 for a frame from each field, whose times are in units of half the
            time base; 1 for a frame from two fields.
    """

    info: ClipInfo
    decision: FieldDecision
    pictures_per_frame: int

    def convert(self, frames: Iterable[Frame], *, has_lead: bool) -> Iterator[Frame]:
        """Give the progressive frames of consecutive frames.

        FFmpeg's filter is begun with the frame before the first that may need it, and gives the
        pictures of a frame when the next one comes.

        Args:
            frames: A clip, or the rest of one.
            has_lead: The first frame is only there as the neighbour of the second one.
        """
        bwdif: Bwdif | None = None
        waiting: deque[_Source | None] = deque()  # None for a frame that nobody wants
        previous: Frame | None = None
        for each in self._with_end(frames):
            if bwdif is None and (self.pictures_per_frame == 2 or self._may_need(each.frame)):
                bwdif = Bwdif(
                    self.info,
                    order=self.decision.order,
                    pictures_per_frame=self.pictures_per_frame,
                )
                if previous is not None:
                    waiting.append(None)
                    bwdif.push(previous)
            is_lead, previous = has_lead and previous is None, each.frame
            if bwdif is not None:
                waiting.append(None if is_lead else each)
                yield from self._collect(bwdif.push(each.frame), waiting)
            elif not is_lead:
                yield replace(each.frame, field_order="progressive")
        if bwdif is not None:
            yield from self._collect(bwdif.finish(), waiting)

    def _with_end(self, frames: Iterable[Frame]) -> Iterator[_Source]:
        """Tell how long each frame is shown, which only the next one tells for certain."""
        rate, unit = self.info.rate, self.info.time_base
        shown = max(1, round(1 / (rate * unit))) if rate else 1
        previous: Frame | None = None
        for frame in frames:
            if previous is not None:
                shown = frame.pts - previous.pts
                yield _Source(frame=previous, until=frame.pts)
            previous = frame
        if previous is not None:
            yield _Source(frame=previous, until=previous.pts + (previous.duration or shown))

    def _may_need(self, frame: Frame) -> bool:
        return frame.field_order != "progressive" or self.decision.treated == "all"

    def _collect(self, made: list[Frame], waiting: deque[_Source | None]) -> Iterator[Frame]:
        for group in batched(made, self.pictures_per_frame):
            source = waiting.popleft()
            if source is None:
                continue
            if self.pictures_per_frame == 2:
                yield from self._frames_of_fields(source, group)
            else:
                yield self._frame(source.frame, group[0])

    def _frame(self, frame: Frame, made: Frame) -> Frame:
        is_left = self.decision.treated == "combed" and not is_combed(frame)
        if is_left or not self._may_need(frame):
            return replace(frame, field_order="progressive")
        return replace(frame, planes=made.planes, alpha=made.alpha, field_order=made.field_order)

    def _frames_of_fields(self, source: _Source, pair: tuple[Frame, ...]) -> Iterator[Frame]:
        frame = source.frame
        shown = source.until - frame.pts
        for index, made in enumerate(pair):
            is_cut = frame.is_cut if index == 0 or frame.is_cut is None else False
            yield replace(
                frame,
                planes=made.planes,
                alpha=made.alpha,
                field_order=made.field_order,
                pts=2 * frame.pts + index * shown,
                duration=shown,
                is_cut=is_cut,
                captions=frame.captions if index == 0 else None,
            )
