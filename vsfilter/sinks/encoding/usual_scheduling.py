"""Encoders' threads beside ours."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path


@contextmanager
def usual_scheduling() -> Iterator[None]:
    """Take back the real-time priority that an encoder gives itself and its caller.

    SVT-AV1 does so where root runs it, as in most containers: its threads, which wait for frames,
    would have the cores before the model that makes them.
    """
    if sys.platform != "linux":
        yield
        return
    before = os.sched_getscheduler(0)
    yield
    if before != os.SCHED_OTHER:  # the user wants it so
        return
    for task in Path("/proc/self/task").iterdir():
        with suppress(OSError):  # it has ended
            if os.sched_getscheduler(int(task.name)) in (os.SCHED_FIFO, os.SCHED_RR):
                os.sched_setscheduler(int(task.name), os.SCHED_OTHER, os.sched_param(0))
