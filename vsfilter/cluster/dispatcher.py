"""Who restores which window: one at a time for each worker, again elsewhere when one dies."""

from __future__ import annotations

import logging
import queue
import threading
import time
from concurrent.futures import Future
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING

from vsfilter.cluster.crew import Crew, Event, Member
from vsfilter.cluster.last_words import LOST
from vsfilter.cluster.ray_session import RaySession
from vsfilter.cluster.task_board import Task, TaskBoard
from vsfilter.cluster.worker import Order, WindowJob, WindowResult, WorkerFacts
from vsfilter.errors import ClusterLostError
from vsfilter.uninterrupted import uninterrupted

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

_LOG = logging.getLogger(__name__)
_TICK_S = 1.0
_MAX_SILENCE = 2
"""Ticks without an answer of the cluster's head after which it is given up."""
_PATIENCE_S = 5.0
"""How long the end waits for a call to a cluster that may be gone."""


@dataclass(frozen=True, slots=True, kw_only=True)
class _Run:
    """A window at a worker: since when, and whether the worker was there to begin with it."""

    began_s: float
    begun: Future[None]

    @property
    def was_begun(self) -> bool:
        return self.begun.done() and self.begun.exception() is None


class Dispatcher:
    """Hands windows to workers, from a thread of its own on which all is decided.

    Args:
        session: The connection to Ray.
    """

    def __init__(self, session: RaySession) -> None:
        self._session = session
        self._events: queue.SimpleQueue[Event | None] = queue.SimpleQueue()
        self._crew = Crew(session=session, post=self._events.put)
        self._board = TaskBoard()
        self._silence = 0
        self._failure: Exception | None = None
        self._thread = threading.Thread(target=self._run, name="vsfilter-dispatch", daemon=True)
        self._thread.start()

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
        with uninterrupted():  # compiled code of Ray's
            task = Task(window=job.window, data=self._session.store(job))
        self._events.put(partial(self._board.add, task))
        return task.result

    def drop(self) -> None:
        """Forget all windows; what workers restore now ends unseen."""
        self._events.put(self._board.clear)

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
        self._board.clear()
        if self._failure is not None:
            first.set_exception(self._failure)
        else:
            self._crew.prepare(order, first)

    def _tick(self) -> None:
        self._silence = 0 if self._session.answers() else self._silence + 1
        if self._silence >= _MAX_SILENCE:
            raise ClusterLostError(LOST)
        self._crew.check_starts()

    def _fail(self, error: Exception) -> None:
        """End all that is under way: nothing can be restored any more."""
        self._crew.give_up(error)
        self._board.fail(error)

    def _assign(self) -> None:
        for member in self._crew.idle():
            task = self._board.next()
            if task is None:
                return
            self._start(task, member)

    def _start(self, task: Task, member: Member) -> None:
        member.is_busy = True
        run = _Run(began_s=time.monotonic(), begun=self._session.call(member.actor.begin))
        answer = self._session.call(member.actor.restore, task.data)
        answer.add_done_callback(
            lambda done: self._events.put(partial(self._ended, member, task, run, done))
        )

    def _ended(self, member: Member, task: Task, run: _Run, answer: Future[WindowResult]) -> None:
        member.is_busy = False
        error = answer.exception()
        if error is not None and self._session.is_death(error):
            self._crew.replace(member)
            self._board.survive(task, was_begun=run.was_begun)
        elif error is not None:
            self._board.object(task, self._session.cause(error))
        else:
            result = answer.result()
            for text in result.warnings:
                _LOG.warning("%s", text)
            self._board.finish(task, result.frames, time.monotonic() - run.began_s)


def _as_own(error: Exception) -> Exception:
    if isinstance(error, ConnectionError):
        return ClusterLostError(f"the connection to the cluster broke: {error}")
    return error
