"""Standard input and output as bytes; a process may have been started without them."""

from __future__ import annotations

import io
import os
import select
import sys
from functools import lru_cache
from typing import TYPE_CHECKING, BinaryIO, TextIO

from vsfilter.errors import SinkError, SourceError

if TYPE_CHECKING:
    from collections.abc import Buffer

_TICK_S = 0.2


class _Input(io.RawIOBase):
    """Standard input, until it ends or nobody waits for more of it.

    Attributes:
        is_given_up: From when on it gives nothing more.
    """

    def __init__(self, descriptor: int) -> None:
        self._descriptor = descriptor
        self.is_given_up = False

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Buffer) -> int:
        while not self.is_given_up:
            if select.select([self._descriptor], [], [], _TICK_S)[0]:
                return os.readv(self._descriptor, [buffer])
        return 0


def standard_input() -> BinaryIO:
    """Give standard input.

    Raises:
        SourceError: It is closed.
    """
    if sys.stdin is None:
        raise SourceError("standard input is closed: give a file, or pipe something into it")
    return _reader(sys.stdin)


@lru_cache(maxsize=1)
def _reader(stdin: TextIO) -> BinaryIO:
    """Give the one reader of it: what it holds in its buffer has left the pipe."""
    try:
        descriptor = stdin.fileno()
    except (OSError, ValueError):  # a caller has put something of its own in the place
        return stdin.buffer
    if sys.platform == "win32":  # where pipes cannot be waited for
        return stdin.buffer
    return io.BufferedReader(_Input(descriptor))


def give_up_input() -> None:
    """End the wait for standard input, on whichever thread: a silent pipe may never say more.

    Where that cannot be, as on Windows, the thread goes on to wait.
    """
    raw = getattr(standard_input(), "raw", None)
    if isinstance(raw, _Input):
        raw.is_given_up = True


def standard_output() -> BinaryIO:
    """Give standard output.

    Raises:
        SinkError: It is closed.
    """
    if sys.stdout is None:
        raise SinkError("standard output is closed: give a file, or pipe it into something")
    return sys.stdout.buffer
