"""Writing on a thread of its own, a bounded number of items behind the one who makes them."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from concurrent.futures import CancelledError, Future, ThreadPoolExecutor
from threading import Event

from vsfilter.closing import Closing
from vsfilter.uninterrupted import result_of, uninterrupted, wait_until_done


class WriteBehind[Item](Closing):
    """Calls `work(item)` for one item after the other, while the caller makes the next ones.

    After an item that failed no other one is begun: what is written has no holes.

    Args:
        work: Called on the thread for each item; with `behind` 0 by the caller itself.
        behind: Most items that wait to be written.
    """

    def __init__(self, work: Callable[[Item], None], *, behind: int) -> None:
        self._work = work
        self._behind = behind
        self._has_failed = Event()
        self._thread = ThreadPoolExecutor(max_workers=1, thread_name_prefix="vsfilter-write")
        self._waiting: deque[Future[None]] = deque()

    def put(self, item: Item) -> None:
        """Have an item written; wait where too many are.

        Raises:
            Exception: What `work` raised for an earlier item.
        """
        if self._behind == 0:
            self._work(item)
            return
        with uninterrupted():
            self._waiting.append(self._thread.submit(self._write, item))
        self._wait(most_waiting=self._behind)

    def finish(self) -> None:
        """Wait until all items are written.

        Raises:
            Exception: What `work` raised.
        """
        self._wait(most_waiting=0)

    def close(self) -> None:
        """Wait for the items that are left: what was made is kept, also where making failed."""
        self._thread.shutdown()

    def _wait(self, *, most_waiting: int) -> None:
        while self._waiting and (
            len(self._waiting) > most_waiting or wait_until_done(self._waiting[0], limit_s=0)
        ):
            result_of(self._waiting.popleft())

    def _write(self, item: Item) -> None:
        if self._has_failed.is_set():
            raise CancelledError
        try:
            self._work(item)
        except BaseException:
            self._has_failed.set()
            raise
