"""Where the clock of a recorded broadcast begins; it says nothing of the clip."""

from __future__ import annotations

from fractions import Fraction

import av
from av.container import InputContainer
from av.stream import Stream
from av.video.stream import VideoStream

from vsfilter.media.input_clock import clock_streams
from vsfilter.media.media_file import open_media

_LONGEST_DELAY_S = 60
"""A start above this is the clock of a broadcast, not a delay; the output then starts at 0."""
_RUNNING_CLOCKS = ("mpegts", "mpeg")
"""Containers, by FFmpeg's name, whose clock never begins at 0: a start of theirs is no delay."""


def broadcast_start(container: InputContainer, video: VideoStream | None, *, path: str) -> Fraction:
    """Give the seconds at which a clock that says nothing of the clip begins, else 0.

    Programmes of a multiplex have clocks of their own, which may be hours apart. `InputClock` puts
    them all on that of the first packet, so this is the one whose start counts.

    Args:
        container: The input.
        video: Its main track.
        path: Where it lies.

    Raises:
        FFmpegError: It cannot be read.
        OSError: The same.
    """
    start_s = Fraction(container.start_time or 0, av.time_base)
    starts = {guide.index: _seconds(guide, guide.start_time) for guide in clock_streams(container)}
    known = [start for start in starts.values() if start is not None]
    if known and max(known) - min(known) > _LONGEST_DELAY_S:
        first_s = starts[_first_index(path, list(starts))] or start_s
        start_s = min(start for start in known if abs(start - first_s) <= _LONGEST_DELAY_S)
    # a clock that has just run over counts from below 0, where MP4 would hide the pictures
    is_below = video is not None and video.start_time is not None and video.start_time < 0
    is_clock = container.format.name in _RUNNING_CLOCKS or start_s > _LONGEST_DELAY_S
    return start_s if is_below or is_clock else Fraction(0)


def _seconds(stream: Stream, time: int | None) -> Fraction | None:
    unit = stream.time_base
    return None if time is None else time * Fraction(unit.numerator, unit.denominator)


def _first_index(path: str, indices: list[int]) -> int:
    """Give the number of the stream that a file begins with."""
    with open_media(path) as container:
        chosen = [stream for stream in container.streams if stream.index in indices]
        return next((packet.stream_index for packet in container.demux(chosen)), indices[0])
