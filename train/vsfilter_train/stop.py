"""Stopping a training between two steps, so that none of them is lost."""

from __future__ import annotations

import os
import signal
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import FrameType

IS_AWAITED = "VSFILTER_IS_AWAITED"
"""Environment variable: whatever has started this process waits for its end."""
SIGNALS = [signal.SIGINT, signal.SIGTERM]
if sys.platform != "win32":  # which has no such signal: a closed terminal sends it
    SIGNALS.append(signal.SIGHUP)


@contextmanager
def stop_requests() -> Iterator[Callable[[], bool]]:
    """Take down that SIGINT, SIGTERM or SIGHUP came, and give what tells.

    A second one acts as before.

    That whatever started this process is gone is such a request, too, where it was to wait for it.

    A signal that is ignored stays so. Threads other than the main one get no signals, so there it
    is never told.
    """
    came: list[int] = []
    starter = os.getppid()
    if threading.current_thread() is not threading.main_thread():
        yield lambda: False
        return
    before = {each: signal.getsignal(each) for each in SIGNALS}

    def take_down(number: int, frame: FrameType | None) -> None:
        came.append(number)
        signal.signal(number, before[signal.Signals(number)])

    heard = [each for each in SIGNALS if before[each] is not signal.SIG_IGN]
    for each in heard:
        signal.signal(each, take_down)
    try:
        yield lambda: bool(came) or (IS_AWAITED in os.environ and os.getppid() != starter)
    finally:
        for each in heard:
            signal.signal(each, before[each])
