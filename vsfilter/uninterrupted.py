"""Waits for other threads that Ctrl-C ends in order.

A KeyboardInterrupt comes between any two steps of the main thread. Two places are bad:

- between that which takes the lock of a queue or a future and that which sees to its release
  (`threading.Condition` has both in Python): the lock stays taken, and the thread that is to fill
  the queue waits for it for ever, as does the end of the command, which waits for that thread;
- inside what the interpreter calls by itself, when an object goes: Python says so and goes on.

So the main thread is not interrupted while it has to do with a queue or a future; it looks up ten
times a second, and hears what was said in vain before.
"""

from __future__ import annotations

import math
import threading
import time
from collections.abc import Iterator
from concurrent.futures import Future, wait
from contextlib import contextmanager

TICK_S = 0.1
"""Longest wait inside an `uninterrupted` block: how long Ctrl-C may have to wait for its turn."""


class _MainThread:
    """What the main thread is about; signals are handled there alone.

    Attributes:
        blocks: How many `uninterrupted` blocks it is in.
        is_asked: It was to be interrupted meanwhile.
    """

    blocks = 0
    is_asked = False


def interrupt() -> None:
    """Raise KeyboardInterrupt, now or at the end of the main thread's `uninterrupted` block.

    For handlers of signals, which Python calls on the main thread.
    """
    if _MainThread.blocks:
        _MainThread.is_asked = True
    else:
        raise KeyboardInterrupt


def interrupt_soon() -> None:
    """Have the end of the main thread's next `uninterrupted` block raise KeyboardInterrupt.

    For an interrupt that was raised where nobody could hear it.
    """
    _MainThread.is_asked = True


@contextmanager
def uninterrupted() -> Iterator[None]:
    """Put off what `interrupt` asks for until this block ends; for steps of `TICK_S` at most.

    On other threads, which nothing interrupts, this does nothing.

    Raises:
        KeyboardInterrupt: It was asked for meanwhile, or before in vain.
    """
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    _MainThread.blocks += 1
    try:
        yield
    finally:
        _MainThread.blocks -= 1
        if _MainThread.is_asked and not _MainThread.blocks:
            _MainThread.is_asked = False
            raise KeyboardInterrupt


def wait_until_done[Result](result: Future[Result], *, limit_s: float = math.inf) -> bool:
    """Wait for a future.

    Args:
        result: What another thread sees to.
        limit_s: How long to wait at most, in s.

    Returns:
        Whether it is there, or has failed.
    """
    end_s = time.monotonic() + limit_s
    while True:
        left_s = end_s - time.monotonic()
        with uninterrupted():
            is_done = bool(wait([result], timeout=max(0.0, min(left_s, TICK_S))).done)
        if is_done or left_s <= 0:
            return is_done


def result_of[Result](result: Future[Result]) -> Result:
    """Wait for a future, and give what it brings.

    Raises:
        Exception: What the other thread raised.
    """
    wait_until_done(result)
    return result.result()
