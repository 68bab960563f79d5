"""Workers that end at the wrong moment, in orders that a real cluster gives by chance only."""

from concurrent.futures import Future
from types import SimpleNamespace

from vsfilter.cluster.crew import Crew


class Session:
    """Hands out workers that answer when they are told to."""

    share = SimpleNamespace(workers=3)

    def __init__(self):
        self.hired = []

    def hire(self):
        actor = SimpleNamespace(asked=[], dismissed=False)
        actor.prepare = lambda order: actor.asked.append(Future()) or actor.asked[-1]
        self.hired.append(actor)
        return actor

    def call(self, method, *arguments):
        return method(*arguments)

    def is_death(self, error):
        return isinstance(error, EOFError)

    def dismiss(self, actor):
        actor.dismissed = True


class Facts(SimpleNamespace):
    def differences(self, other):
        return []


FACTS = Facts(geometry=None, warnings=())


def ready(*actors):
    for actor in actors:
        actor.asked[-1].set_result(FACTS)


def test_workers_that_ended_between_clips_do_not_count_as_bad_starts(caplog):
    session = Session()
    crew = Crew(session=session, post=lambda call: call())
    crew.prepare(None, Future())
    leader, second, third = session.hired
    ready(leader)
    ready(second, third)
    crew.prepare(None, Future())
    ready(leader)
    second.asked[-1].set_exception(EOFError())
    third.asked[-1].set_exception(EOFError())
    ready(*session.hired[3:])
    assert len(list(crew.idle())) == 3
    assert "left out" not in caplog.text


def test_workers_that_end_again_and_again_before_they_are_ready_are_left_out(caplog):
    session = Session()
    crew = Crew(session=session, post=lambda call: call())
    crew.prepare(None, Future())
    ready(session.hired[0])
    session.hired[1].asked[-1].set_exception(EOFError())
    session.hired[3].asked[-1].set_exception(EOFError())
    ready(session.hired[2])
    assert len(list(crew.idle())) == 2
    assert "it ends while it loads the model" in caplog.text
