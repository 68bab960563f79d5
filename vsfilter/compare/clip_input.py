"""One of the two inputs, read once for its times where needed, and once for its pictures."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from vsfilter.clip import ClipInfo, ClipReader
from vsfilter.closing import Closing
from vsfilter.compare.clip_times import ClipTimes
from vsfilter.errors import OptionError, SourceError
from vsfilter.frame import Frame
from vsfilter.readers.open_clip import open_clip


class ClipInput(Closing):
    """An input that may be read twice.

    Args:
        path: A file, a folder of images or a `.vpy` script.

    Attributes:
        path: What the user gave.
        times: The times of its frames, as far as it has been read.
        is_scanned: Whether it has been read to its end once, so that all times are known.

    Raises:
        SourceError: It cannot be read.
        OptionError: It is standard input, which can be read only once.
    """

    def __init__(self, path: str) -> None:
        if path == "-":
            raise OptionError(
                "input '-' can be read only once, which is too little here: give a file or script"
            )
        self.path = path
        self._reader = self._open()
        self.times = ClipTimes(self.info.time_base)
        self.is_scanned = False

    def _open(self) -> ClipReader:
        return open_clip(self.path)

    @property
    def info(self) -> ClipInfo:
        """What holds for every frame."""
        return self._reader.info

    @property
    def frame_count(self) -> int | None:
        """Number of frames; None where only a scan can tell."""
        return self.times.frame_count if self.is_scanned else self.info.frame_count

    def scan(self) -> None:
        """Read the input to its end for the times of its frames."""
        for _ in self.times.note(self._reader):
            pass
        self.is_scanned = True
        self._reader.close()
        self._reader = self._open()

    def frames(self, numbers: Iterable[int]) -> Iterator[Frame]:
        """Give some of the frames; note the times of all that go by, unless they are known.

        Args:
            numbers: Ascending, from 0.

        Raises:
            SourceError: The input has fewer frames than before, or than it said.
        """
        frames = iter(self._reader) if self.is_scanned else self.times.note(self._reader)
        numbered = enumerate(frames)
        for wanted in numbers:
            for number, frame in numbered:
                if number == wanted:
                    yield frame
                    break
            else:
                raise SourceError(
                    f"input {self.path!r} ends before its frame {wanted}: it has changed, "
                    "or states more frames than it has"
                )

    def close(self) -> None:
        """Release the input; safe to call twice."""
        self._reader.close()
