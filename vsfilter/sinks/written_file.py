"""Check of a written file: its video packets are the frames that were given."""

from __future__ import annotations

import logging
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path

import av
from av.codec.context import ThreadType
from av.container import Container
from av.error import FFmpegError

from vsfilter.errors import SinkError
from vsfilter.sinks.streams.attachments import is_cover

_LOG = logging.getLogger(__name__)
_DECODED_FRAMES = 24
"""Frames at the beginning that are decoded; the segments have been decoded before."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Expected:
    """What a written file must hold.

    Attributes:
        times_s: Presentation time of each frame, in seconds, in order.
        last_duration_s: Time on screen of the last frame, in seconds; 0 where it is unknown.
        stream_counts: Number of streams by kind.
    """

    times_s: Sequence[Fraction]
    last_duration_s: Fraction
    stream_counts: Mapping[str, int]


def check_written(path: Path, expected: Expected) -> None:
    """Read the video packets of a file back and compare them with what was given.

    A container may move all times by one amount (Matroska does where audio starts below 0).

    Args:
        path: The file.
        expected: What it must hold.

    Raises:
        SinkError: Frames or streams are missing, frames cannot be decoded, or their times are
            others. A last frame that ends at another time is only a warning, since not every
            container can say it.
    """
    found = _read_back(path)
    times_s, packets, unit = expected.times_s, found.packets, found.unit
    for kind, count in expected.stream_counts.items():
        if (has := found.stream_counts.get(kind, 0)) < count:
            raise SinkError(f"{str(path)!r} has {has} of {count} {kind} streams: report this")
    if len(packets) != len(times_s):
        raise SinkError(
            f"{len(times_s)} frames went into {str(path)!r}, {len(packets)} came out: report this"
        )
    if not packets:
        return
    shift = packets[0][0] * unit - times_s[0]
    for index, ((pts, _), time_s) in enumerate(zip(packets, times_s, strict=True)):
        if abs(pts * unit - time_s - shift) > unit:
            raise SinkError(
                f"frame {index} of {str(path)!r} is at {float(pts * unit):.4f} s, "
                f"not at {float(time_s + shift):.4f} s: report this"
            )
    # MP4 keeps the end of a track, not the duration of a frame that is decoded out of order
    ends_s = [(packets[-1][0] + packets[-1][1]) * unit, *found.track_end_s]
    end_s = times_s[-1] + expected.last_duration_s + shift
    if expected.last_duration_s and all(abs(time_s - end_s) > 2 * unit for time_s in ends_s):
        _LOG.warning("the last frame of %s ends at %.4f s, not at %.4f s", path, ends_s[-1], end_s)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Found:
    """What a file holds: packets as (pts, duration) in units of the time base, in order of pts."""

    unit: Fraction
    packets: list[tuple[int, int]]
    track_end_s: list[Fraction]
    stream_counts: dict[str, int]


def _read_back(path: Path) -> _Found:
    """Read a file; decode its beginning, since a container may spoil what was whole before it."""
    try:
        with av.open(f"file:{path}") as container:
            counts = count_streams(container)
            stream = container.streams.video[0]
            unit = Fraction(stream.time_base.numerator, stream.time_base.denominator)
            track_end_s = (
                [(stream.start_time + stream.duration) * unit]
                if stream.start_time is not None and stream.duration is not None
                else []
            )
            stream.codec_context.thread_type = ThreadType.SLICE
            packets = []
            for packet in container.demux(stream):
                if packet.size and packet.pts is not None:
                    packets.append((packet.pts, packet.duration or 0))
                    if len(packets) <= _DECODED_FRAMES:
                        packet.decode()
    except (FFmpegError, OSError, IndexError) as error:
        raise SinkError(f"the written file {str(path)!r} cannot be read back: {error}") from error
    return _Found(unit=unit, packets=sorted(packets), track_end_s=track_end_s, stream_counts=counts)


def count_streams(container: Container) -> dict[str, int]:
    """Count the streams of a container by kind; a picture beside the video is an attachment."""
    counts: dict[str, int] = {}
    for stream in container.streams:
        kind = "attachment" if is_cover(stream) else stream.type
        counts[kind] = counts.get(kind, 0) + 1
    return counts
