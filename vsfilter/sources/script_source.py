"""Frames of a VapourSynth script, streamed."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator
from concurrent.futures import wait
from fractions import Fraction
from math import lcm
from typing import TYPE_CHECKING, Any

import vapoursynth as vs

from vsfilter.clip import ClipInfo
from vsfilter.closing import Closing
from vsfilter.errors import OptionError, ScriptError
from vsfilter.frame import FieldOrder, Frame
from vsfilter.scene_changes import marked_cut
from vsfilter.sources.script_evaluation import evaluate
from vsfilter.vapoursynth.alpha import ALPHA, read_alpha
from vsfilter.vapoursynth.translation import Props, colour_of, pixel_format, read_planes, reason

if TYPE_CHECKING:
    from vsfilter.frame import Plane

_FIELD_ORDERS: dict[int, FieldOrder] = {0: "progressive", 1: "bottom", 2: "top"}
_COMMON_TICKS = 90_000
"""Ticks a second that hold the times of Matroska (1,000) and of broadcasts exactly."""
_FINE_TICKS = 23_040_000
"""Ticks a second that also hold what FFmpeg's MP4 muxer uses (12,800, 15,360, 12,288 ...)."""
_MOST_TICKS = 2**31 - 1


def open_script(path: str) -> ScriptSource:
    """Evaluate a script as vspipe does, and open its output 0.

    What the script prints goes to stderr, since stdout is for data.

    Raises:
        SourceNotFoundError: There is no such file.
        ScriptError: The script fails, or has no video of constant format as its output 0.
    """
    return ScriptSource(evaluate(path), path)


class ScriptSource(Closing):
    """The output of a script as a clip; a few frames are requested ahead of the reader.

    Args:
        clip: The output.
        path: The script, for messages.
    """

    def __init__(self, clip: vs.VideoNode, path: str) -> None:
        self._clip: vs.VideoNode | None = clip
        self._path = path
        self._requested: deque[Any] = deque()  # Any: futures of VapourSynth's own type
        self._info = self._read_info(clip)

    @property
    def info(self) -> ClipInfo:
        """What holds for every frame; colour and pixel shape as the first frame states them."""
        return self._info

    def __iter__(self) -> Iterator[Frame]:
        """Give the frames in order.

        The pts are the sum of the durations before, rounded to the time base without drift.

        Raises:
            ScriptError: A frame fails, or has no duration.
        """
        return self.frames_from(0)

    def frame_times(self) -> Iterator[int | None]:
        """Give no times: a script tells a frame's duration when it has made the frame."""
        return iter([None])

    def frames_from(self, number: int) -> Iterator[Frame]:
        """Give the frames from a number on, without asking the script for those before.

        These are taken to be shown as long as the clip's rate says. See `__iter__` for the rest.
        """
        elapsed = number / self._info.rate if self._info.rate else Fraction(0)
        pts = round(elapsed / self._info.time_base)
        previous: Props = {}
        for current, frame in enumerate(self._frames(number), start=number):
            elapsed += self._duration(frame.props, current)
            next_pts = round(elapsed / self._info.time_base)
            yield Frame(
                planes=tuple(plane.copy() for plane in read_planes(frame)),
                format=self._info.format,
                colour=colour_of(frame.props),
                pts=pts,
                duration=next_pts - pts,
                field_order=_FIELD_ORDERS.get(int(frame.props.get("_FieldBased", 0)), "top"),
                is_cut=marked_cut(previous, frame.props),
                alpha=self._alpha(frame, current),
            )
            pts, previous = next_pts, frame.props

    def close(self) -> None:
        """Wait for the frames that are under way, and drop the clip; safe to call twice."""
        wait(self._requested)
        self._requested.clear()
        self._clip = None

    def _frames(self, first: int) -> Iterator[vs.VideoFrame]:
        clip = self._clip
        if clip is None:
            raise ScriptError(f"script {self._path!r} is closed")
        wait(self._requested)  # of an iteration that was given up
        self._requested.clear()
        ahead = vs.core.num_threads
        for number in range(first, clip.num_frames + ahead):
            if number < clip.num_frames:
                self._requested.append(clip.get_frame_async(number))
            if number >= first + ahead:
                yield self._result(number - ahead)

    def _result(self, number: int) -> vs.VideoFrame:
        try:
            return self._requested.popleft().result()
        except vs.Error as error:
            raise ScriptError(f"script {self._path!r}, frame {number}: {reason(error)}") from error

    def _alpha(self, frame: vs.VideoFrame, number: int) -> Plane | None:
        """Give the opacity of a frame, where it states one."""
        alpha: vs.VideoFrame | None = frame.props.get(ALPHA)
        if alpha is None:
            return None
        try:
            return read_alpha(alpha, frame)
        except OptionError as error:
            raise ScriptError(f"script {self._path!r}, frame {number}: {error}") from error

    def _read_info(self, clip: vs.VideoNode) -> ClipInfo:
        self._requested.append(clip.get_frame_async(0))
        props = self._result(0).props
        rate = Fraction(clip.fps) or None
        return ClipInfo(
            width=clip.width,
            height=clip.height,
            format=pixel_format(clip.format),
            colour=colour_of(props),
            time_base=_time_base(rate, _stated_duration(props)),
            rate=rate,
            frame_count=clip.num_frames,
            sample_aspect_ratio=_ratio(props, "_SARNum", "_SARDen") or Fraction(1),
            has_alpha=ALPHA in props,
        )

    def _duration(self, props: Props, number: int) -> Fraction:
        """Give the time on screen of a frame, in seconds."""
        stated = _stated_duration(props)
        if stated is not None:
            return stated
        if self._info.rate is None:
            raise ScriptError(
                f"script {self._path!r}, frame {number} has neither _DurationNum nor a frame rate: "
                "add std.AssumeFPS"
            )
        return 1 / self._info.rate


def _ratio(props: Props, numerator: str, denominator: str) -> Fraction | None:
    above, below = props.get(numerator), props.get(denominator)
    return Fraction(int(above), int(below)) if above and below else None


def _stated_duration(props: Props) -> Fraction | None:
    return _ratio(props, "_DurationNum", "_DurationDen")


def _time_base(rate: Fraction | None, first_duration: Fraction | None) -> Fraction:
    """Choose a time base in which the times are exact, as far as the first frame tells."""
    is_constant = rate is not None and first_duration in (None, 1 / rate)
    ticks = _COMMON_TICKS if is_constant else _FINE_TICKS
    known = [each.denominator for each in (first_duration, rate and 1 / rate) if each]
    exact = lcm(ticks, *known)
    return Fraction(1, exact if exact <= _MOST_TICKS else max([ticks, *known]))
