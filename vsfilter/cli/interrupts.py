"""What Ctrl-C does: the first one ends the work in order, the second one at once."""

from __future__ import annotations

import os
import signal
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType
from typing import NoReturn

from vsfilter.uninterrupted import interrupt, interrupt_soon, uninterrupted

INTERRUPTED = 130
_SIGNALS = [signal.SIGINT, signal.SIGTERM]
if sys.platform != "win32":  # which has no such signal
    _SIGNALS.append(signal.SIGHUP)


@contextmanager
def interrupts() -> Iterator[None]:
    """Let SIGINT, SIGTERM and SIGHUP raise KeyboardInterrupt, and a further one end the process.

    SIGHUP comes when a terminal is closed. A signal that is ignored stays so, as a shell wants it
    for what runs in its background, and `nohup` for all that it starts.
    """
    signals = [number for number in _SIGNALS if signal.getsignal(number) is not signal.SIG_IGN]

    def end_in_order(number: int, frame: FrameType | None) -> None:
        for each in signals:
            signal.signal(each, _end_at_once)
        interrupt()

    def hear(unheard: sys.UnraisableHookArgs) -> None:
        if issubclass(unheard.exc_type, KeyboardInterrupt):
            interrupt_soon()
        else:
            unraisable(unheard)

    unraisable = sys.unraisablehook
    sys.unraisablehook = hear
    before = [(number, signal.signal(number, end_in_order)) for number in signals]
    try:
        yield
        with uninterrupted():  # raises what came too late for any wait
            pass
    finally:
        sys.unraisablehook = unraisable
        for number, handler in before:
            signal.signal(number, handler)


def _end_at_once(number: int, frame: FrameType | None) -> NoReturn:
    os._exit(INTERRUPTED)
