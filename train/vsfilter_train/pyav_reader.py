"""Frames of a video file, from any frame on, decoded by PyAV."""

from __future__ import annotations

import math
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
from vsfilter.sources.video_decoder import VideoDecoder, no_frame_text

MOST_SKIPPED = 300
"""Frames that are decoded to come to another one exactly; beyond them it is found by its time, as
OpenCV does, which may be a frame off in a file of variable frame rate."""
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
        self._decoder = VideoDecoder(str(path))
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
            SourceError: The file cannot be read further.
        """
        if number > MOST_SKIPPED and self._seek(number):
            self._maker.forget_times()
        else:
            for picture in islice(self._pictures, number):
                self._maker.skip(picture)
        for picture in self._pictures:
            yield self._maker(picture)

    def _seek(self, number: int) -> bool:
        """Go to a frame by its time; tell whether that worked, or start anew."""
        rate, unit = self.info.rate, self.info.time_base
        if rate is None or self._first_pts is None:
            return False
        for step_s in _STEPS_BACK_S:
            time_s = max(Fraction(0), number / rate - step_s)
            if not self._decoder.seek(self._first_pts + round(time_s / unit)):
                continue
            for count, picture in enumerate(pictures := self._decoder.pictures()):
                if picture.pts is None:
                    break
                place = round((picture.pts - self._first_pts) * unit * rate)
                if place == number or (place > number and count):
                    self._pictures = chain([picture], pictures)
                    return True
                if place > number:
                    break
        self._decoder.restart()
        self._pictures = self._decoder.pictures()
        return False

    def count(self) -> int:
        """Count the frames by decoding them."""
        return sum(1 for _ in self._pictures)

    def close(self) -> None:
        """Release the file and the decoder; safe to call twice."""
        self._decoder.close()
