import threading

import pytest

from vsfilter.errors import SinkError
from vsfilter.sinks.write_behind import WriteBehind


def is_running():
    return any(thread.name.startswith("vsfilter-write") for thread in threading.enumerate())


@pytest.fixture(autouse=True)
def no_thread_is_left():
    yield
    assert not is_running()


@pytest.mark.parametrize("behind", [0, 1, 3])
def test_all_items_are_written_in_order(behind):
    written = []
    with WriteBehind(written.append, behind=behind) as writer:
        for item in range(50):
            writer.put(item)
        writer.finish()
    assert written == list(range(50))


@pytest.mark.parametrize(("behind", "is_elsewhere"), [(0, False), (2, True)])
def test_items_are_written_on_another_thread_unless_none_may_wait(behind, is_elsewhere):
    threads = []
    with WriteBehind(lambda _: threads.append(threading.current_thread()), behind=behind) as writer:
        writer.put(0)
        writer.finish()
    assert (threads != [threading.main_thread()]) == is_elsewhere


def test_the_one_who_makes_items_is_a_bounded_number_ahead():
    may_write, written = threading.Semaphore(0), []

    def write(item):
        assert may_write.acquire(timeout=10)
        written.append(item)

    with WriteBehind(write, behind=2) as writer:
        writer.put(0)
        writer.put(1)  # both wait: nothing is written yet
        assert written == []
        for item in range(2, 10):
            may_write.release()
            writer.put(item)
            assert len(written) >= item - 1
        may_write.release(2)
        writer.finish()
    assert written == list(range(10))


def test_after_an_item_that_failed_no_other_one_is_written():
    written = []

    def write(item):
        if item == 3:
            raise SinkError("the disk is full")
        written.append(item)

    def put_all(writer):
        for item in range(20):
            writer.put(item)
        writer.finish()

    with WriteBehind(write, behind=4) as writer, pytest.raises(SinkError, match="disk is full"):
        put_all(writer)
    assert written == [0, 1, 2]


def test_closing_waits_for_what_is_left():
    is_begun, may_end, written = threading.Event(), threading.Event(), []

    def write(item):
        is_begun.set()
        assert may_end.wait(timeout=10)
        written.append(item)

    writer = WriteBehind(write, behind=3)
    for item in range(3):
        writer.put(item)
    assert is_begun.wait(timeout=10)
    threading.Timer(0.2, may_end.set).start()
    writer.close()
    assert written == [0, 1, 2]
