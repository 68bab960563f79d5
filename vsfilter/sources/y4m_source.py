"""Frames of a Y4M stream, on standard input or in a file."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO

import numpy as np

from vsfilter.clip import ClipInfo
from vsfilter.closing import Closing
from vsfilter.errors import SourceError, SourceNotFoundError
from vsfilter.frame import FieldOrder, Frame
from vsfilter.input_limits import WITHIN_REASON, InputLimits
from vsfilter.sources.y4m_header import Y4MHeader, parse_header
from vsfilter.standard_streams import standard_input

_MAGIC = b"YUV4MPEG2"
_LONGEST_LINE = 4096
# The first letter of a frame's own I tag, in mixed streams: capitals repeat a field
_FRAME_ORDERS: dict[str, FieldOrder] = {"t": "top", "T": "top", "b": "bottom", "B": "bottom"}


class Y4MSource(Closing):
    """A Y4M stream, read frame by frame as it comes.

    Args:
        path: A file, or "-" for standard input.
        limits: How large a picture may be.

    Raises:
        SourceNotFoundError: There is no such file.
        SourceError: It is no Y4M stream, or its header cannot be true.
    """

    def __init__(self, path: str, *, limits: InputLimits = WITHIN_REASON) -> None:
        self._name = "standard input" if path == "-" else repr(path)
        self._is_owned = path != "-"
        self._stream: BinaryIO = _open(path) if self._is_owned else standard_input()
        try:
            self._header = self._read_header()
            info = self._header.info
            limits.check_size(path, width=info.width, height=info.height)
        except BaseException:
            self.close()
            raise

    def _read_header(self) -> Y4MHeader:
        line = self._stream.readline(_LONGEST_LINE)
        if not line:
            raise SourceError(f"{self._name} is empty: give a Y4M stream")
        words = line.split()
        if words[:1] != [_MAGIC] or not line.endswith(b"\n"):
            raise SourceError(f"{self._name} is no Y4M stream: it does not begin with YUV4MPEG2")
        try:
            return parse_header(line.decode("ascii"))
        except (SourceError, ValueError) as error:
            raise SourceError(f"{self._name} has a bad Y4M header: {error}") from error

    @property
    def info(self) -> ClipInfo:
        """What holds for every frame."""
        return self._header.info

    def __iter__(self) -> Iterator[Frame]:
        """Give the frames in order of pts, each once."""
        number = 0
        while line := self._stream.readline(_LONGEST_LINE):
            words = line.decode("ascii", "replace").split()
            if words[:1] != ["FRAME"] or not line.endswith(b"\n"):
                raise SourceError(f"{self._name}: frame {number} does not begin with FRAME")
            yield self._read_frame(number, words[1:])
            number += 1

    def _read_frame(self, number: int, tags: list[str]) -> Frame:
        info = self.info
        planes = []
        for plane in range(info.format.plane_count):
            shape = info.format.plane_shape(plane, width=info.width, height=info.height)
            stored = np.dtype(info.format.dtype).newbyteorder("<")
            samples = np.empty(shape, stored)
            if self._fill(memoryview(samples).cast("B")) < samples.nbytes:
                raise SourceError(f"{self._name} is cut off in frame {number}")
            planes.append(samples.astype(info.format.dtype, copy=False))
        return Frame(
            planes=tuple(planes),
            format=info.format,
            colour=info.colour,
            pts=number,
            duration=1,
            field_order=self._order_of(tags),
        )

    def _order_of(self, tags: list[str]) -> FieldOrder:
        own = next((tag[1:2] for tag in tags if tag.startswith("I")), "")
        if self._header.is_mixed:
            return _FRAME_ORDERS.get(own, "progressive")
        return self._header.field_order

    def _fill(self, buffer: memoryview) -> int:
        """Read until the buffer is full or the stream ends; give the bytes read."""
        filled = 0
        while filled < len(buffer):
            # A type checker knows readinto from BufferedIOBase only
            count = self._stream.readinto(buffer[filled:])  # type: ignore[attr-defined]
            if not count:
                break
            filled += count
        return filled

    def close(self) -> None:
        """Close the file; standard input stays open. Safe to call twice."""
        if self._is_owned:
            self._stream.close()


def _open(path: str) -> BinaryIO:
    try:
        return Path(path).open("rb")
    except FileNotFoundError as error:
        raise SourceNotFoundError(f"input {path!r} does not exist: check the path") from error
    except OSError as error:
        raise SourceError(f"input {path!r} cannot be read: {error.strerror}") from error
