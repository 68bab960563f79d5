"""The windows of a clip on their way: waiting, being restored, slow, tried before."""

from __future__ import annotations

import logging
import statistics
import time
from collections import deque
from concurrent.futures import Future
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from vsfilter.errors import WorkerError

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from vsfilter.window import Window

_LOG = logging.getLogger(__name__)
_MAX_DEATHS = 2
"""Workers that a window may take with it before it is held to be the cause."""
_SLOW_RATIO, _SLOW_S = 2.0, 1.0
"""A window is slow from this many times the usual time on, and never before these seconds."""
_TIMES_KEPT = 50


@dataclass(slots=True, eq=False, kw_only=True)
class Task:
    """A window on its way.

    Attributes:
        window: The window.
        data: Ray's reference to what a worker needs.
        result: Frames `window.lead` to `window.core_stop`: (n, 3, scale * h, scale * w).
        deaths: Workers that died while they restored it.
        runs: Workers that restore it now.
        began_s: When the first of them began.
    """

    window: Window
    data: Any  # Any: Ray's references have no useful type
    result: Future[NDArray[np.float32]] = field(default_factory=Future)
    deaths: int = 0
    runs: int = 0
    began_s: float = 0.0


class TaskBoard:
    """Says which window is next; used on one thread."""

    def __init__(self) -> None:
        self._waiting: deque[Task] = deque()
        self._running: list[Task] = []
        self._times_s: deque[float] = deque(maxlen=_TIMES_KEPT)

    def add(self, task: Task) -> None:
        """Take a window in."""
        self._waiting.append(task)

    def next(self) -> Task | None:
        """Give the window that an idle worker shall begin with; None for none."""
        task = self._waiting.popleft() if self._waiting else self._slow()
        if task is None:
            return None
        if not task.runs:
            task.began_s = time.monotonic()
            self._running.append(task)
        task.runs += 1
        return task

    def _slow(self) -> Task | None:
        """Give the oldest window that takes too long, unless two workers restore it already."""
        if not self._times_s or not self._running:
            return None
        task = min(self._running, key=lambda task: task.window.index)
        limit_s = max(_SLOW_RATIO * statistics.median(self._times_s), _SLOW_S)
        is_slow = task.runs == 1 and time.monotonic() - task.began_s > limit_s
        return task if is_slow else None

    def finish(self, task: Task, frames: NDArray[np.float32], seconds: float) -> None:
        """Deliver a window, unless another worker was faster.

        Args:
            task: The window.
            frames: Its result.
            seconds: How long its worker took, in s.
        """
        task.runs -= 1
        if not task.result.done():
            self._running.remove(task)
            self._times_s.append(seconds)
            task.result.set_result(frames)

    def object(self, task: Task, error: BaseException) -> None:
        """End a window that cannot be restored, for whoever tries."""
        task.runs -= 1
        if not task.result.done():
            self._running.remove(task)
            task.result.set_exception(error)

    def survive(self, task: Task, *, was_begun: bool) -> None:
        """Go on after a worker has died over a window: elsewhere, or without it.

        Args:
            task: The window.
            was_begun: Whether the worker was alive when it got the window. One that was not tells
                nothing of the window: many end at a time where a machine does.
        """
        task.runs -= 1
        task.deaths += was_begun
        if task.result.done() or task.runs:
            return
        self._running.remove(task)
        frames = f"frames {task.window.core_start} to {task.window.core_stop - 1}"
        if task.deaths < _MAX_DEATHS:
            _LOG.warning("a worker died: %s are restored again by another one", frames)
            self._waiting.appendleft(task)
            return
        task.result.set_exception(
            WorkerError(
                f"{frames} have ended {task.deaths} workers that restored them, one after the "
                "other: look at the input there, at the model, and at the memory of the workers"
            )
        )

    def fail(self, error: BaseException) -> None:
        """End all windows."""
        for task in (*self._waiting, *self._running):
            if not task.result.done():
                task.result.set_exception(error)
        self._waiting.clear()
        self._running.clear()

    def clear(self) -> None:
        """Forget all windows; nobody waits for them any more."""
        for task in (*self._waiting, *self._running):
            task.result.cancel()
        self._waiting.clear()
        self._running.clear()
