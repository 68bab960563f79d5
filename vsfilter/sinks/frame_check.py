"""Whether a frame belongs to the clip that a sink writes."""

from __future__ import annotations

from vsfilter.clip import ClipInfo
from vsfilter.errors import SinkError
from vsfilter.frame import Frame


def check_frame(frame: Frame, info: ClipInfo) -> None:
    """Refuse a frame of another size or format than the clip's.

    Raises:
        SinkError: It is one.
    """
    if (frame.width, frame.height) != (info.width, info.height) or frame.format != info.format:
        raise SinkError(f"{frame!r} does not fit a clip of {info.width}x{info.height}")
