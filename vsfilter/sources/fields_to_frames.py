"""Progressive frames out of interlaced ones, by FFmpeg's bwdif."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from itertools import batched

from av.video.frame import VideoFrame

from vsfilter.clip import ClipInfo
from vsfilter.frame import Frame, PixelFormat
from vsfilter.pixel_formats import planar_name
from vsfilter.sources.decoded_frame import to_frame
from vsfilter.sources.field_decision import FieldDecision
from vsfilter.sources.field_survey import is_combed
from vsfilter.sources.frame_filter import FrameFilter, planes_in_ffmpeg_order

_GRAY_BITS = (8, 16)


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
        bwdif: FrameFilter | None = None
        waiting: deque[_Source | None] = deque()  # None for a frame that nobody wants
        previous: Frame | None = None
        for each in self._with_end(frames):
            if bwdif is None and (self.pictures_per_frame == 2 or self._may_need(each.frame)):
                bwdif = self._open_filter()
                if previous is not None:
                    waiting.append(None)
                    bwdif.push(planes_in_ffmpeg_order(previous))
            is_lead, previous = has_lead and previous is None, each.frame
            if bwdif is not None:
                waiting.append(None if is_lead else each)
                yield from self._collect(bwdif.push(planes_in_ffmpeg_order(each.frame)), waiting)
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

    def _open_filter(self) -> FrameFilter:
        mode = "send_field" if self.pictures_per_frame == 2 else "send_frame"
        parity = {"top": "tff", "bottom": "bff"}[self.decision.order]
        return FrameFilter(
            planar_name(self.info.format) or "",
            width=self.info.width,
            height=self.info.height,
            filters=[("bwdif", f"mode={mode}:parity={parity}:deint=all")],
        )

    def _collect(
        self, pictures: list[VideoFrame], waiting: deque[_Source | None]
    ) -> Iterator[Frame]:
        for group in batched(pictures, self.pictures_per_frame):
            source = waiting.popleft()
            if source is None:
                continue
            if self.pictures_per_frame == 2:
                yield from self._frames_of_fields(source, group)
            else:
                yield self._frame(source.frame, group[0])

    def _frame(self, frame: Frame, picture: VideoFrame) -> Frame:
        is_left = self.decision.treated == "combed" and not is_combed(frame)
        if is_left or not self._may_need(frame):
            return replace(frame, field_order="progressive")
        made = to_frame(picture, pts=frame.pts, duration=frame.duration, field_order="progressive")
        return replace(made, colour=frame.colour, is_cut=frame.is_cut)

    def _frames_of_fields(
        self, source: _Source, pictures: tuple[VideoFrame, ...]
    ) -> Iterator[Frame]:
        frame = source.frame
        shown = source.until - frame.pts
        for index, picture in enumerate(pictures):
            pts = 2 * frame.pts + index * shown
            made = to_frame(picture, pts=pts, duration=shown, field_order="progressive")
            is_cut = frame.is_cut if index == 0 or frame.is_cut is None else False
            yield replace(made, colour=frame.colour, is_cut=is_cut)


def can_filter(format: PixelFormat) -> bool:
    """Tell whether bwdif takes a pixel format as it is."""
    if format.is_float or planar_name(format) is None:
        return False
    if format.family == "gray":
        return format.bits in _GRAY_BITS
    is_440 = (format.subsampling_w, format.subsampling_h) == (0, 1)
    return format.bits == 8 or not is_440
