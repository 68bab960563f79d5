"""Check of a written file: its video packets are the frames that were given."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from fractions import Fraction
from pathlib import Path

import av
from av.error import FFmpegError

from vsfilter.errors import SinkError

_LOG = logging.getLogger(__name__)


def check_written(path: Path, times_s: Sequence[Fraction], *, last_duration_s: Fraction) -> None:
    """Read the video packets of a file back and compare them with what was given.

    A container may move all times by one amount (Matroska does where audio starts below 0).

    Args:
        path: The file.
        times_s: Presentation time of each frame, in seconds, in order.
        last_duration_s: Time on screen of the last frame, in seconds; 0 where it is unknown.

    Raises:
        SinkError: Frames are missing, or their times are others. A last frame that ends at
            another time is only a warning, since not every container can say it.
    """
    try:
        with av.open(f"file:{path}") as container:
            stream = container.streams.video[0]
            unit = Fraction(stream.time_base.numerator, stream.time_base.denominator)
            track_end_s = (
                [(stream.start_time + stream.duration) * unit]
                if stream.start_time is not None and stream.duration is not None
                else []
            )
            packets = [
                (packet.pts, packet.duration or 0)
                for packet in container.demux(stream)
                if packet.size and packet.pts is not None
            ]
    except (FFmpegError, OSError, IndexError) as error:
        raise SinkError(f"the written file {str(path)!r} cannot be read back: {error}") from error
    packets.sort()
    if len(packets) != len(times_s):
        raise SinkError(
            f"{len(times_s)} frames went into {str(path)!r}, {len(packets)} came out: report this"
        )
    if not packets:
        return
    shift = packets[0][0] * unit - times_s[0]
    for index, ((pts, _), expected) in enumerate(zip(packets, times_s, strict=True)):
        if abs(pts * unit - expected - shift) > unit:
            raise SinkError(
                f"frame {index} of {str(path)!r} is at {float(pts * unit):.4f} s, "
                f"not at {float(expected + shift):.4f} s: report this"
            )
    # MP4 keeps the end of a track, not the duration of a frame that is decoded out of order
    ends_s = [(packets[-1][0] + packets[-1][1]) * unit, *track_end_s]
    expected = times_s[-1] + last_duration_s + shift
    if last_duration_s and all(abs(end_s - expected) > 2 * unit for end_s in ends_s):
        _LOG.warning(
            "the last frame of %s ends at %.4f s, not at %.4f s", path, ends_s[-1], expected
        )
