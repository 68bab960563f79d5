"""Who restores which window: one at a time for each worker, again elsewhere when one dies."""

from __future__ import annotations

import logging
import queue
import statistics
import threading
import time
from collections import deque
from concurrent.futures import Future
from dataclasses import dataclass, field
from functools import partial
from typing import TYPE_CHECKING, Any

from vsfilter.cluster.crew import Crew, Event, Member
from vsfilter.cluster.ray_session import RaySession
from vsfilter.cluster.worker import Order, WindowJob, WindowResult, WorkerFacts
from vsfilter.errors import ClusterLostError, WorkerError

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from vsfilter.window import Window

_LOG = logging.getLogger(__name__)
_MAX_DEATHS = 2
"""Workers that a window may take with it before it is held to be the cause."""
_SLOW_RATIO, _SLOW_S = 2.0, 1.0
"""A window is slow from this many times the usual time on, and never before these seconds."""
_TICK_S = 1.0
_MAX_SILENCE = 2
"""Ticks without an answer of the cluster's head after which it is given up."""
_TIMES_KEPT = 50
_PATIENCE_S = 5.0
"""How long the end waits for a call to a cluster that may be gone."""


@dataclass(slots=True, eq=False, kw_only=True)
class _Task:
    """A window on its way; `runs` counts the workers that restore it now."""

    window: Window
    data: Any  # Any: Ray's references have no useful type
    result: Future[NDArray[np.float32]] = field(default_factory=Future)
    deaths: int = 0
    runs: int = 0
    began_s: float = 0.0


class Dispatcher:
    """Hands windows to workers, from a thread of its own on which all is decided.

    Args:
        session: The connection to Ray.
    """

    def __init__(self, session: RaySession) -> None:
        self._session = session
        self._events: queue.SimpleQueue[Event | None] = queue.SimpleQueue()
        self._crew = Crew(session=session, post=self._events.put)
        self._waiting: deque[_Task] = deque()
        self._running: list[_Task] = []
        self._times_s: deque[float] = deque(maxlen=_TIMES_KEPT)
        self._silence = 0
        self._failure: Exception | None = None
        self._thread = threading.Thread(target=self._run, name="vsfilter-dispatch", daemon=True)
        self._thread.start()

    @property
    def is_lost(self) -> bool:
        """Whether the cluster is out of reach."""
        return isinstance(self._failure, ClusterLostError)

    def prepare(self, order: Order) -> Future[WorkerFacts]:
        """Get all workers ready for a clip; the windows of another one are dropped.

        Returns:
            What the first one that is ready says.
        """
        first: Future[WorkerFacts] = Future()
        self._events.put(partial(self._begin_clip, order, first))
        return first

    def submit(self, job: WindowJob) -> Future[NDArray[np.float32]]:
        """Have a window restored.

        Returns:
            Frames `window.lead` to `window.core_stop`: (n, 3, scale * h, scale * w).
        """
        if self._failure is not None:
            raise self._failure
        task = _Task(window=job.window, data=self._session.store(job))
        self._events.put(partial(self._waiting.append, task))
        return task.result

    def drop(self) -> None:
        """Forget all windows; what workers restore now ends unseen."""
        self._events.put(self._forget)

    def close(self) -> None:
        """Stop deciding."""
        self._events.put(None)
        self._thread.join(timeout=_PATIENCE_S)

    def _run(self) -> None:
        while True:
            try:
                event = self._events.get(timeout=_TICK_S)
            except queue.Empty:
                event = self._tick
            if event is None:
                return
            try:
                if self._failure is None or event != self._tick:
                    event()
                if self._failure is None:
                    self._assign()
            except Exception as error:  # noqa: BLE001  # a foreign border: Ray raises many kinds
                self._failure = _as_own(error)
            if self._failure is not None:
                self._fail(self._failure)

    def _begin_clip(self, order: Order, first: Future[WorkerFacts]) -> None:
        self._forget()
        if self._failure is not None:
            first.set_exception(self._failure)
        else:
            self._crew.prepare(order, first)

    def _forget(self) -> None:
        for task in (*self._waiting, *self._running):
            task.result.cancel()
        self._waiting.clear()
        self._running.clear()

    def _tick(self) -> None:
        self._silence = 0 if self._session.answers() else self._silence + 1
        if self._silence >= _MAX_SILENCE:
            raise ClusterLostError(
                "the cluster no longer answers: start it again, then the same command goes on"
            )

    def _fail(self, error: Exception) -> None:
        """End all that is under way: nothing can be restored any more."""
        self._crew.give_up(error)
        for task in (*self._waiting, *self._running):
            if not task.result.done():
                task.result.set_exception(error)
        self._waiting.clear()
        self._running.clear()

    def _assign(self) -> None:
        for member in self._crew.idle():
            task = self._waiting.popleft() if self._waiting else self._slow_task()
            if task is None:
                return
            self._start(task, member)

    def _slow_task(self) -> _Task | None:
        """Give the oldest window that takes too long, unless two workers restore it already."""
        if not self._times_s or not self._running:
            return None
        task = min(self._running, key=lambda task: task.window.index)
        limit_s = max(_SLOW_RATIO * statistics.median(self._times_s), _SLOW_S)
        is_slow = task.runs == 1 and time.monotonic() - task.began_s > limit_s
        return task if is_slow else None

    def _start(self, task: _Task, member: Member) -> None:
        member.is_busy = True
        if not task.runs:
            task.began_s = time.monotonic()
            self._running.append(task)
        task.runs += 1
        began_s = time.monotonic()
        answer = self._session.call(member.actor.restore, task.data)
        answer.add_done_callback(
            lambda done: self._events.put(partial(self._ended, member, task, began_s, done))
        )

    def _ended(
        self, member: Member, task: _Task, began_s: float, answer: Future[WindowResult]
    ) -> None:
        member.is_busy = False
        task.runs -= 1
        error = answer.exception()
        if error is not None and self._session.is_death(error):
            self._crew.replace(member)
            self._survive(task)
        elif not task.result.done():
            self._running.remove(task)
            if error is not None:
                task.result.set_exception(self._session.cause(error))
                return
            self._times_s.append(time.monotonic() - began_s)
            result = answer.result()
            for text in result.warnings:
                _LOG.warning("%s", text)
            task.result.set_result(result.frames)

    def _survive(self, task: _Task) -> None:
        """Go on after a worker has died over a window: elsewhere, or without it."""
        task.deaths += 1
        if task.result.done() or task.runs:
            return
        self._running.remove(task)
        window = task.window
        frames = f"frames {window.core_start} to {window.core_stop - 1}"
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


def _as_own(error: Exception) -> Exception:
    if isinstance(error, ConnectionError):
        return ClusterLostError(f"the connection to the cluster broke: {error}")
    return error
