"""Messages that are lost where nobody can read them, so that the work goes on."""

from __future__ import annotations

import io
import sys
from contextlib import suppress
from typing import TextIO


class LastingStream(io.TextIOBase):
    """A stream for messages that bears its reader's end: a closed terminal, a pipe to `head`.

    Args:
        stream: Where they go; None where the process was started without.
    """

    def __init__(self, stream: TextIO | None) -> None:
        self._stream = stream

    @property
    def encoding(self) -> str:  # type: ignore[override]  # typeshed has a plain attribute here
        """The encoding of the stream."""
        return "utf-8" if self._stream is None else self._stream.encoding

    def write(self, text: str, /) -> int:
        """Write a text, or lose it."""
        if self._stream is not None:
            with suppress(OSError, ValueError):  # a broken pipe, a closed file
                self._stream.write(text)
        return len(text)

    def flush(self) -> None:
        """Let the reader have what was written."""
        if self._stream is not None:
            with suppress(OSError, ValueError):
                self._stream.flush()

    def isatty(self) -> bool:
        """Tell whether it is a terminal."""
        return self._stream is not None and not self._stream.closed and self._stream.isatty()

    def fileno(self) -> int:
        """Give the number of the stream.

        Raises:
            OSError: There is none.
        """
        if self._stream is None:
            raise OSError("there is no stream")
        return self._stream.fileno()


def keep_messages_from_failing() -> None:
    """Let what is written to standard error never end the work."""
    sys.stderr = LastingStream(sys.stderr)
