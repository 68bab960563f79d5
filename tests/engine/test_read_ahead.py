import threading

import pytest

from vsfilter.engine.read_ahead import ReadAhead
from vsfilter.errors import SourceError


class Counter:
    """Counts to `stop`; tells how far it was asked, and lets a test wait for that."""

    def __init__(self, stop):
        self.stop = stop
        self.given = 0
        self.changed = threading.Condition()

    def __iter__(self):
        for number in range(self.stop):
            with self.changed:
                self.given = number + 1
                self.changed.notify_all()
            yield number

    def wait_for(self, given):
        with self.changed:
            assert self.changed.wait_for(lambda: self.given >= given, timeout=10)


def is_running(name="vsfilter-read"):
    return any(thread.name == name for thread in threading.enumerate())


@pytest.fixture(autouse=True)
def no_thread_is_left():
    yield
    assert not is_running()


def same(item):
    return item


@pytest.mark.parametrize("count", [0, 1, 50])
def test_the_results_come_in_order(count):
    with ReadAhead(range(count), lambda n: n * n, ahead=3) as results:
        assert list(results) == [n * n for n in range(count)]


def test_work_is_done_on_another_thread():
    with ReadAhead(range(1), lambda n: threading.current_thread().name, ahead=1) as results:
        assert list(results) == ["vsfilter-read"]


def test_reading_stops_a_bounded_number_of_items_ahead():
    counter = Counter(100)
    with ReadAhead(counter, same, ahead=3) as results:
        for done, _ in enumerate(results, 1):
            # those that wait, and the one that is being put
            assert counter.given <= done + 3 + 1


def test_an_error_of_the_source_comes_after_the_items_before_it():
    def read():
        yield 1
        yield 2
        raise SourceError("cut off")

    got = []
    with (
        ReadAhead(read(), same, ahead=8) as results,
        pytest.raises(SourceError, match="cut off"),
    ):
        got.extend(results)
    assert got == [1, 2]


def test_an_error_of_the_work_reaches_the_consumer():
    with (
        ReadAhead([2, 1, 0], lambda n: 6 // n, ahead=1) as results,
        pytest.raises(ZeroDivisionError),
    ):
        list(results)


def test_closing_while_the_queue_is_full_ends_the_thread():
    counter = Counter(10**9)
    reader = ReadAhead(counter, same, ahead=2)
    counter.wait_for(3)
    reader.close()
    assert not is_running()


def test_closing_in_the_middle_ends_the_thread():
    with ReadAhead(Counter(10**9), same, ahead=2) as results:
        assert next(iter(results)) == 0
    assert not is_running()


def test_closing_twice_or_after_the_end_is_safe():
    reader = ReadAhead(range(2), same, ahead=8)
    assert list(reader) == [0, 1]
    reader.close()
    reader.close()


def test_an_error_behind_a_full_queue_does_not_keep_the_thread():
    def read():
        yield 1
        yield 2
        raise SourceError("cut off")

    with ReadAhead(read(), same, ahead=1):
        pass
    assert not is_running()
