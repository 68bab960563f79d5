"""Opening an input of any kind, within limits."""

from __future__ import annotations

from collections.abc import Iterator

from vsfilter.clip import ClipInfo, ClipReader, SkippingReader
from vsfilter.closing import Closing
from vsfilter.discovery import find_source
from vsfilter.frame import Frame
from vsfilter.input_limits import WITHIN_REASON, InputLimits


def open_clip(path: str, limits: InputLimits = WITHIN_REASON) -> ClipReader:
    """Open an input.

    Args:
        path: A file, a folder or pattern of images, a `.vpy` script, or `-`.
        limits: How much of it is read, and what it may name.

    Raises:
        SourceError: It cannot be read, or is beyond the limits.
    """
    limits.check_name(path)
    source = find_source(path)
    reader = source.open(path) if source.open_within is None else source.open_within(path, limits)
    try:
        info = reader.info
        limits.check_size(path, width=info.width, height=info.height)
        # what a container promises is an estimate, from which no film falls short by a tenth
        promised = (info.expected_frame_count or 0) * 9 // 10
        limits.check_count(path, info.frame_count or promised)
    except BaseException:
        reader.close()
        raise
    if limits.max_frames is None:
        return reader
    if isinstance(reader, SkippingReader):
        return _CountedSkippingReader(reader, limits, name=path)
    return _CountedReader(reader, limits, name=path)


class _CountedReader(Closing):
    """The frames of a clip, of which no more are given than a limit allows.

    Args:
        reader: The clip; it is closed with this one.
        limits: The limits.
        name: The input, for messages.
    """

    def __init__(self, reader: ClipReader, limits: InputLimits, *, name: str) -> None:
        self._reader, self._limits, self._name = reader, limits, name

    @property
    def info(self) -> ClipInfo:
        """What holds for every frame."""
        return self._reader.info

    def __iter__(self) -> Iterator[Frame]:
        """Give the frames in order of pts, each once.

        Raises:
            SourceError: There are more than allowed.
        """
        return self._count(iter(self._reader), 0)

    def _count(self, frames: Iterator[Frame], first: int) -> Iterator[Frame]:
        for number, frame in enumerate(frames, start=first):
            self._limits.check_count(self._name, number + 1)
            yield frame

    def close(self) -> None:
        """Close the clip; safe to call twice."""
        self._reader.close()


class _CountedSkippingReader(_CountedReader):
    """The same of a clip that can begin in the middle."""

    def __init__(self, reader: SkippingReader, limits: InputLimits, *, name: str) -> None:
        super().__init__(reader, limits, name=name)
        self._skipping = reader

    def frames_from(self, number: int) -> Iterator[Frame]:
        """Give the frames from a number on; see `SkippingReader`."""
        return self._count(self._skipping.frames_from(number), number)

    def frame_times(self) -> Iterator[int | None]:
        """Give the pts of each frame, then the end of the last one; see `SkippingReader`."""
        return self._skipping.frame_times()
