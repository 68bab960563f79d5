"""Stopping a training between two steps, so that none of them is lost."""

from __future__ import annotations

import signal
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import FrameType

_SIGNALS = (signal.SIGINT, signal.SIGTERM)


@contextmanager
def stop_requests() -> Iterator[Callable[[], bool]]:
    """Take down that SIGINT or SIGTERM came, and give what tells; a second one acts as before.

    A signal that is ignored stays so. Threads other than the main one get no signals, so there it
    is never told.
    """
    came: list[int] = []
    if threading.current_thread() is not threading.main_thread():
        yield lambda: False
        return
    before = {each: signal.getsignal(each) for each in _SIGNALS}

    def take_down(number: int, frame: FrameType | None) -> None:
        came.append(number)
        signal.signal(number, before[signal.Signals(number)])

    heard = [each for each in _SIGNALS if before[each] is not signal.SIG_IGN]
    for each in heard:
        signal.signal(each, take_down)
    try:
        yield lambda: bool(came)
    finally:
        for each in heard:
            signal.signal(each, before[each])
