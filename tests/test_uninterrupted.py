"""Ctrl-C while the main thread has to do with another thread's queue or future."""

import signal
import sys
import threading
from concurrent.futures import Future
from contextlib import contextmanager

import pytest

from vsfilter.cli.interrupts import interrupts
from vsfilter.engine.read_ahead import ReadAhead
from vsfilter.sinks.write_behind import WriteBehind
from vsfilter.uninterrupted import result_of, uninterrupted, wait_until_done

_SOON_S = 10.0


@pytest.fixture
def ctrl_c():
    """Handle signals as commands do, also where SIGINT is ignored: in a shell's background."""
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    with interrupts():
        yield
    signal.signal(signal.SIGINT, before)


@contextmanager
def interrupted_inside(condition):
    """Let a signal come just after a condition's lock is taken, once."""
    take = condition.__enter__
    came = []

    class Interrupted(type(condition)):
        def __enter__(self):
            result = take()
            if not came and threading.current_thread() is threading.main_thread():
                came.append(True)
                signal.raise_signal(signal.SIGINT)
            return result

    condition.__class__ = Interrupted
    yield
    assert came


def test_ctrl_c_comes_at_once_elsewhere(ctrl_c):
    with pytest.raises(KeyboardInterrupt):
        signal.raise_signal(signal.SIGINT)


def test_ctrl_c_waits_for_the_end_of_the_outermost_block(ctrl_c):
    steps = []

    @uninterrupted()
    def work():
        with uninterrupted():
            signal.raise_signal(signal.SIGINT)
            steps.append("inner")
        steps.append("outer")

    with pytest.raises(KeyboardInterrupt):
        work()
    assert steps == ["inner", "outer"]
    with uninterrupted():  # said once
        steps.append("again")


def test_ctrl_c_that_nobody_can_hear_is_heard_at_the_next_wait(ctrl_c, capfd):
    class Going:
        def __del__(self):
            signal.raise_signal(signal.SIGINT)

    del (going := [Going()])[0]
    assert going == []
    with pytest.raises(KeyboardInterrupt):
        wait_until_done(Future(), limit_s=_SOON_S)
    assert capfd.readouterr() == ("", "")


def test_ctrl_c_that_nobody_can_hear_is_heard_at_the_end():
    class Going:
        def __del__(self):
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt), interrupts():
        del [Going()][0]


def test_errors_that_nobody_can_hear_are_told_as_ever(monkeypatch):
    told = []
    monkeypatch.setattr(sys, "unraisablehook", lambda unheard: told.append(unheard.exc_type))

    class Going:
        def __del__(self):
            raise ValueError

    with interrupts():
        del [Going()][0]
    assert told == [ValueError]


def test_a_block_of_another_thread_holds_nothing_up(ctrl_c):
    inside, leave = threading.Event(), threading.Event()

    def stay():
        with uninterrupted():
            inside.set()
            leave.wait(_SOON_S)

    thread = threading.Thread(target=stay)
    thread.start()
    assert inside.wait(_SOON_S)
    with pytest.raises(KeyboardInterrupt):
        signal.raise_signal(signal.SIGINT)
    leave.set()
    thread.join()


def test_ctrl_c_ends_the_wait_for_a_future(ctrl_c):
    waiting = Future()
    main = threading.main_thread().ident
    timer = threading.Timer(0.2, lambda: signal.pthread_kill(main, signal.SIGINT))
    timer.start()
    with pytest.raises(KeyboardInterrupt):
        result_of(waiting)
    timer.join()
    assert not wait_until_done(waiting, limit_s=0)
    waiting.set_result(3)
    assert wait_until_done(waiting, limit_s=0)
    assert result_of(waiting) == 3


def test_ctrl_c_leaves_no_lock_of_the_reader_taken(ctrl_c):
    with ReadAhead(range(100), str, ahead=2) as reader:
        with interrupted_inside(reader._queue.not_empty), pytest.raises(KeyboardInterrupt):
            list(reader)
        is_taken = reader._queue.mutex.locked()
        if is_taken:  # or the reader would wait for ever, and the test with it
            reader._queue.mutex.release()
    assert not is_taken


def test_ctrl_c_leaves_no_lock_of_a_write_taken(ctrl_c):
    go_on = threading.Event()
    with WriteBehind(lambda item: go_on.wait(_SOON_S), behind=1) as writer:
        writer.put(1)
        first = writer._waiting[0]
        with interrupted_inside(first._condition), pytest.raises(KeyboardInterrupt):
            writer.put(2)
        is_taken = first._condition._is_owned()
        if is_taken:  # as above
            first._condition.release()
        go_on.set()
    assert not is_taken
