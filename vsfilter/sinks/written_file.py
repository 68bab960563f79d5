"""Check of a written file: its video packets are the frames that were given."""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction
from pathlib import Path

import av
from av.error import FFmpegError

from vsfilter.errors import SinkError


def check_written(path: Path, times_s: Sequence[Fraction], *, last_duration_s: Fraction) -> None:
    """Read the video packets of a file back and compare them with what was given.

    A container may move all times by one amount (Matroska does where audio starts below 0).

    Args:
        path: The file.
        times_s: Presentation time of each frame, in seconds, in order.
        last_duration_s: Time on screen of the last frame, in seconds; 0 where it is unknown.

    Raises:
        SinkError: Frames are missing, or their times are others.
    """
    try:
        with av.open(f"file:{path}") as container:
            stream = container.streams.video[0]
            unit = Fraction(stream.time_base.numerator, stream.time_base.denominator)
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
    written = packets[-1][1] * unit
    if last_duration_s and abs(written - last_duration_s) > 2 * unit:
        raise SinkError(
            f"the last frame of {str(path)!r} lasts {float(written):.4f} s, "
            f"not {float(last_duration_s):.4f} s: report this"
        )
