"""The frames of a clip with their places in it, and the place of an excerpt among them."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from vsfilter.clip import ClipReader, frame_times, frames_from
from vsfilter.errors import OptionError
from vsfilter.frame import Frame
from vsfilter.input_settings import Excerpt


@dataclass(frozen=True, slots=True, kw_only=True)
class ExcerptFrame:
    """A frame of an excerpt, or one that is read for the sake of these.

    Attributes:
        frame: The frame.
        number: Its number in the clip, from 0.
        until: When it is no longer shown, in units of the clip's time base.
        is_wanted: Whether it belongs to the excerpt.
    """

    frame: Frame
    number: int
    until: int
    is_wanted: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class KnownPlace:
    """Where an excerpt lies.

    Attributes:
        times: The pts of the clip's frames in units of its time base, from frame 0 to the first one
            after the excerpt; where the clip ends before, its end is the last item.
        first: Number of the excerpt's first frame.
        stop: Number of the first frame after it.
        is_open: It goes to the clip's end.
    """

    times: list[int]
    first: int
    stop: int
    is_open: bool

    def has(self, each: ExcerptFrame) -> bool:
        """Tell whether a frame has come when it was to come, and was shown as long.

        In some files a packet is a field, half a frame: the first frame comes in time then, and is
        followed too late.
        """
        number = each.number
        is_followed = number + 1 < (self.stop if self.is_open else len(self.times))
        return (number >= len(self.times) or each.frame.pts == self.times[number]) and (
            not is_followed or each.until == self.times[number + 1]
        )


def look_up(reader: ClipReader, excerpt: Excerpt, *, pictures_per_frame: int) -> KnownPlace | None:
    """Find an excerpt without decoding.

    Args:
        reader: The whole clip.
        excerpt: The part that is wanted.
        pictures_per_frame: Frames of `reader` for each frame that the excerpt counts.

    Returns:
        None where the reader cannot tell the times of its frames.

    Raises:
        OptionError: The clip ends before the excerpt begins.
    """
    unit = reader.info.time_base
    times: list[int] = []
    first: int | None = None
    for pts in frame_times(reader):
        if pts is None:
            return None
        times.append(pts)
        number = len(times) - 2
        if number < 0:
            continue
        place = excerpt.place(number // pictures_per_frame, (pts - times[0]) * unit)
        if place != "before" and first is None:
            first = number
        if first is not None and place == "after":
            return KnownPlace(times=times[:-1], first=first, stop=number, is_open=False)
    count = max(0, len(times) - 1)
    if first is None:
        raise beyond_end(excerpt, count)
    return KnownPlace(times=times, first=first, stop=count, is_open=True)


def beyond_end(excerpt: Excerpt, frame_count: int | None) -> OptionError:
    """Give the error of an excerpt that begins after the end of a clip."""
    has = "" if frame_count is None else f", which has {frame_count} frames"
    return OptionError(
        f"the excerpt ({excerpt}) begins after the end of the clip{has}: give an earlier start"
    )


def timed_frames(reader: ClipReader, number: int) -> Iterator[ExcerptFrame]:
    """Give the frames from a number on, each when the next one tells how long it is shown."""
    info = reader.info
    shown = max(1, round(1 / (info.rate * info.time_base))) if info.rate else 1
    previous: Frame | None = None
    for frame in frames_from(reader, number):
        if previous is not None:
            shown = frame.pts - previous.pts
            yield ExcerptFrame(frame=previous, number=number, until=frame.pts)
            number += 1
        previous = frame
    if previous is not None:
        until = previous.pts + (previous.duration or shown)
        yield ExcerptFrame(frame=previous, number=number, until=until)
