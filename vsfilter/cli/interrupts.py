"""What Ctrl-C does: the first one ends the work in order, the second one at once."""

from __future__ import annotations

import os
import signal
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType
from typing import NoReturn

INTERRUPTED = 130


@contextmanager
def interrupts() -> Iterator[None]:
    """Let SIGINT and SIGTERM raise KeyboardInterrupt, and a further one end the process.

    A signal that is ignored stays so, as a shell wants it for what runs in its background.
    """
    signals = [
        number
        for number in (signal.SIGINT, signal.SIGTERM)
        if signal.getsignal(number) is not signal.SIG_IGN
    ]

    def end_in_order(number: int, frame: FrameType | None) -> NoReturn:
        for each in signals:
            signal.signal(each, _end_at_once)
        raise KeyboardInterrupt

    before = [(number, signal.signal(number, end_in_order)) for number in signals]
    try:
        yield
    finally:
        for number, handler in before:
            signal.signal(number, handler)


def _end_at_once(number: int, frame: FrameType | None) -> NoReturn:
    os._exit(INTERRUPTED)
