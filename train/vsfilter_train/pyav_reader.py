"""Frames of a video file, from any frame on, decoded by PyAV."""

from __future__ import annotations

import itertools
import math
import re
from collections.abc import Iterator
from fractions import Fraction
from itertools import chain, islice
from pathlib import Path

from av.video.frame import VideoFrame

from vsfilter.clip import ClipInfo
from vsfilter.closing import Closing
from vsfilter.errors import SourceError
from vsfilter.frame import Frame
from vsfilter.sources.frame_maker import FrameMaker
from vsfilter.sources.track_packets import stated_pts
from vsfilter.sources.video_decoder import VideoDecoder, no_frame_text

from .clip import MOST_SKIPPED
from .pyav_times import Listed, Steady, list_times

LEAST_SHARE = Fraction(9, 10)
"""Of the time that a file states: edit lists and broken starts hide a little."""
_STEPS_BACK_S = (0, 2, 10, 60)
"""How far before the wanted frame the container is asked to go, one after another."""


class PyavReader(Closing):
    """A video file, read once from a frame on.

    Args:
        path: The file.

    Attributes:
        info: What holds for every frame.

    Raises:
        SourceError: It cannot be read.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self._decoder = VideoDecoder(str(path), is_strict=True)
        try:
            pictures = self._decoder.pictures()
            first = next(pictures, None)
            if first is None:
                raise SourceError(no_frame_text(self._decoder))
            self._pictures: Iterator[VideoFrame] = chain([first], pictures)
            self._first_pts = first.pts
            self._maker = FrameMaker(str(path), self._decoder.stream, first)
        except BaseException:
            self._decoder.close()
            raise
        self.info: ClipInfo = self._maker.info

    def promised_count(self) -> int:
        """Tell how many frames the header promises; 0 where it says nothing."""
        duration_s, rate = self._decoder.duration_s or 0, self.info.rate or 0
        return self._decoder.stream.frames or math.floor(duration_s * rate + Fraction(1, 2))

    def frames_from(self, number: int) -> Iterator[Frame]:
        """Give the frames from a number on, each once.

        Raises:
            SourceError: The file is damaged there, or ends before the time that it states.
        """
        if number > MOST_SKIPPED and self._seek(number):
            self._maker.forget_times()
        else:
            for skipped in islice(self._pictures, number):
                self._maker.skip(skipped)
        end_s: Fraction | None = None
        for count in itertools.count(number):
            try:
                picture = next(self._pictures, None)
            except SourceError as error:
                raise SourceError(f"{error}, at frame {count}") from error
            if picture is None:
                break
            frame = self._maker(picture)
            stated = stated_pts(picture)
            pts = frame.pts if stated is None else stated
            end_s = (pts - (self._first_pts or 0)) * self.info.time_base
            yield frame
        if end_s is not None:  # else it was asked for what lies beyond the end
            self._refuse_missing_end(count, end_s)

    def _refuse_missing_end(self, count: int, end_s: Fraction) -> None:
        """Refuse a file of which much less is there than it states."""
        stated_s = self._stated_s()
        length_s = 1 / self.info.rate if self.info.rate else 0  # of the last frame, at least
        if stated_s and end_s + length_s < LEAST_SHARE * stated_s:
            raise SourceError(
                f"input '{self._path}' is cut off at frame {count}: its video ends after "
                f"{float(end_s):.1f} of {float(stated_s):.1f} s"
            )

    def _stated_s(self) -> Fraction | None:
        """Give the duration that the file states of the video itself, in s."""
        stream = self._decoder.stream
        if stream.duration and stream.time_base:
            return stream.duration * stream.time_base
        tags = (text for key, text in stream.metadata.items() if key.upper().startswith("DURATION"))
        if parts := re.fullmatch(r"(\d+):(\d+):(\d+(?:\.\d+)?)", next(tags, "")):
            hours, minutes, seconds = parts.groups()
            return 3600 * int(hours) + 60 * int(minutes) + Fraction(seconds)
        is_alone = len(stream.container.streams) == 1
        return self._decoder.duration_s if is_alone else None

    def _seek(self, number: int) -> bool:
        """Go to a frame by its time; tell whether that worked, or start anew."""
        numbering, unit = self._numbering(), self.info.time_base
        if numbering is None or self._first_pts is None:
            return False
        aim = numbering.pts_of(number)
        for step_s in _STEPS_BACK_S:
            if not self._decoder.seek(max(self._first_pts, aim - round(step_s / unit))):
                continue
            for count, picture in enumerate(pictures := self._decoder.pictures()):
                if picture.pts is None:
                    break
                place = numbering.number_of(picture.pts)
                if place == number or (place > number and count):
                    self._pictures = chain([picture], pictures)
                    return True
                if place > number:
                    break
        self._decoder.restart()
        self._pictures = self._decoder.pictures()
        return False

    def _numbering(self) -> Steady | Listed | None:
        """Tell which frame is shown when; None where nothing does.

        Rates that files state are not to be trusted: those of Matroska and MPEG-TS state a constant
        one for whatever their first frames have.
        """
        if self._first_pts is None:
            return None
        state, rate = self._path.stat(), self.info.rate
        times = list_times(self._path, self._first_pts, (state.st_size, state.st_mtime_ns))
        if times is not None:
            return Listed(times)
        return None if rate is None else Steady(self._first_pts, 1 / (rate * self.info.time_base))

    def count(self) -> int:
        """Count the frames by decoding them."""
        return sum(1 for _ in self._pictures)

    def close(self) -> None:
        """Release the file and the decoder; safe to call twice."""
        self._decoder.close()
