"""The workers of a run: begun, made ready for a clip, replaced when they die."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator
from concurrent.futures import Future
from dataclasses import dataclass, field, replace
from functools import partial
from typing import Any

from vsfilter.cluster.ray_session import RaySession
from vsfilter.cluster.worker import Order, WorkerFacts
from vsfilter.engine.geometry import Settled
from vsfilter.errors import WorkerError

_LOG = logging.getLogger(__name__)
_MAX_BAD_STARTS = 2
"""Workers that may die one after the other before they are ready."""
_MAX_UNBORN = 3
"""Processes of workers that may end before Ray knows them; it goes on to try, a minute each."""

Event = Callable[[], None]


@dataclass(slots=True, eq=False, kw_only=True)
class Member:
    """One worker.

    Attributes:
        actor: Ray's handle.
        is_ready: It has what the clip needs.
        is_busy: It restores a window.
        has_loaded: It was ready for a clip once: when it ends, that is not for want of memory.
    """

    actor: Any  # Any: Ray's handles have no useful type
    is_ready: bool = False
    is_busy: bool = False
    has_loaded: bool = False


@dataclass(slots=True, kw_only=True)
class Crew:
    """Workers that all give the same bits; used on one thread.

    The first one says what that means, and settles windows and tiles by its memory. One that would
    compute otherwise, on another device or with other software, is left out: a frame must not
    depend on who restored it.

    Attributes:
        session: The connection to Ray.
        post: Carries an event out on the crew's own thread.
        members: All that are there.
    """

    session: RaySession
    post: Callable[[Event], None]
    members: list[Member] = field(default_factory=list)
    _order: Order | None = None
    _facts: WorkerFacts | None = None
    _first: Future[WorkerFacts] = field(default_factory=Future)
    _leader: Member | None = None
    _bad_starts: int = 0
    _unborn: int = 0

    def prepare(self, order: Order, first: Future[WorkerFacts]) -> None:
        """Get everyone ready for a clip.

        Args:
            order: What the clip needs.
            first: Gets what the first worker that is ready tells, or why there is none.
        """
        self._order, self._first, self._facts, self._bad_starts = order, first, None, 0
        for member in self.members:
            member.is_ready = False
        while len(self.members) < self.session.share.workers:
            self.members.append(Member(actor=self.session.hire()))
        idle = [member for member in self.members if not member.is_busy]
        self._leader = (idle or self.members)[0]
        self._ask(self._leader)

    def idle(self) -> Iterator[Member]:
        """Give those who wait for work."""
        return (member for member in list(self.members) if member.is_ready and not member.is_busy)

    def replace(self, member: Member) -> None:
        """Begin a new worker for one that died; two calls that failed may both tell of it."""
        if member in self.members:
            new = Member(actor=self.session.hire())
            self.members[self.members.index(member)] = new
            if member is self._leader:
                self._leader = new
            if self._facts is not None or new is self._leader:
                self._ask(new)

    def check_starts(self) -> None:
        """Look whether processes of workers begin at all, while there is nobody to work.

        Raises:
            WorkerError: They do not.
        """
        if not self.members or any(member.is_ready for member in self.members):
            return
        unborn, reason = self.session.bad_starts()
        news, self._unborn = unborn > self._unborn, unborn
        why = reason or "it says nothing"
        if unborn >= _MAX_UNBORN:
            raise WorkerError(f"the process of a worker ends before it works: {why}")
        if news:
            _LOG.warning("the process of a worker did not begin, another one is tried: %s", why)

    def give_up(self, error: BaseException) -> None:
        """Tell who waits for the first worker that there will be none."""
        if not self._first.done():
            self._first.set_exception(error)

    def _ask(self, member: Member) -> None:
        clip = self._first
        answer = self.session.call(member.actor.prepare, self._order)
        answer.add_done_callback(
            lambda done: self.post(partial(self._prepared, member, clip, done))
        )

    def _prepared(
        self, member: Member, clip: Future[WorkerFacts], answer: Future[WorkerFacts]
    ) -> None:
        if clip is not self._first or member not in self.members:
            return  # about a clip before this one
        error = answer.exception()
        if error is None:
            self._welcome(member, answer.result())
        elif self.session.is_death(error):
            self._bad_starts += 0 if member.has_loaded else 1
            if self._bad_starts < _MAX_BAD_STARTS:
                self.replace(member)
            else:
                self._leave_out(member, WorkerError("it ends while it loads the model"))
        elif self._facts is None:
            self.give_up(self.session.cause(error))
        else:
            self._leave_out(member, self.session.cause(error))

    def _welcome(self, member: Member, facts: WorkerFacts) -> None:
        self._bad_starts = 0
        member.has_loaded = True
        if self._facts is None:
            self._settle(member, facts)
        elif differences := self._facts.differences(facts):
            self._leave_out(member, WorkerError("; ".join(differences)))
            return
        member.is_ready = True

    def _settle(self, leader: Member, facts: WorkerFacts) -> None:
        """Take what the first worker is for what all of them are, and ask the others too."""
        self._facts = facts
        for text in facts.warnings:
            _LOG.warning("%s", text)
        if self._order is not None:
            agreed = Settled(geometry=facts.geometry, must_fit=False)
            self._order = replace(self._order, settled=agreed)
        for other in self.members:
            if other is not leader:
                self._ask(other)
        if not self._first.done():
            self._first.set_result(facts)

    def _leave_out(self, member: Member, error: BaseException) -> None:
        """Go on without a worker; without a first one, there is nothing to go on with."""
        self.members.remove(member)
        self.session.dismiss(member.actor)
        if self._facts is not None:
            _LOG.warning("a worker is left out: %s", error)
            if not self.members:
                raise WorkerError(f"no worker is left: {error}")
        else:
            self.give_up(error)
