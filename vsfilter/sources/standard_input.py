"""Standard input: what kind of frames come there, told by the first byte."""

from __future__ import annotations

import io

from vsfilter.clip import ClipReader
from vsfilter.errors import SourceError
from vsfilter.input_limits import WITHIN_REASON, InputLimits
from vsfilter.sources.png_stream import PNG_SIGNATURE, PngStream
from vsfilter.sources.y4m_source import Y4MSource
from vsfilter.standard_streams import standard_input


def open_standard_input(limits: InputLimits = WITHIN_REASON) -> ClipReader:
    """Open Y4M, or PNG images one after the other, as they come.

    Args:
        limits: How large a picture may be.

    Raises:
        SourceError: It is neither.
    """
    stream = standard_input()
    # one byte tells, and more than one may not have come yet
    first = stream.peek(1)[:1] if isinstance(stream, io.BufferedReader) else None
    if first == b"":
        raise SourceError("standard input is empty: give a Y4M stream or PNG images")
    if first == PNG_SIGNATURE[:1]:
        return PngStream(stream, limits=limits)
    if first in (None, b"Y"):
        return Y4MSource("-", limits=limits)
    raise SourceError("standard input is neither a Y4M stream nor PNG images: give one of them")
