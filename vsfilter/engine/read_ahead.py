"""Running an iterator on a thread of its own, a bounded number of items ahead."""

from __future__ import annotations

import queue
import threading
from collections.abc import Callable, Iterable, Iterator
from contextlib import suppress
from dataclasses import dataclass

from vsfilter.closing import Closing
from vsfilter.uninterrupted import TICK_S, uninterrupted


@dataclass(frozen=True, slots=True)
class _End:
    """Comes after the last item; carries the error that ended the iteration, if any."""

    error: BaseException | None


class ReadAhead[Item, Result](Closing):
    """Iterate over `work(item)` for all items, while the consumer is busy with earlier ones.

    Args:
        items: Iterated on the thread.
        work: Called on the thread for each item.
        ahead: Most results that wait for the consumer, at least 1.
    """

    def __init__(
        self, items: Iterable[Item], work: Callable[[Item], Result], *, ahead: int
    ) -> None:
        self._queue: queue.Queue[Result | _End] = queue.Queue(maxsize=ahead)
        self._is_closed = threading.Event()
        self._thread = threading.Thread(
            target=self._run, args=(items, work), name="vsfilter-read", daemon=True
        )
        self._thread.start()

    def __iter__(self) -> Iterator[Result]:
        """Give the results in order; raise what the thread raised."""
        while True:
            try:
                with uninterrupted():
                    result = self._queue.get(timeout=TICK_S)
            except queue.Empty:
                continue
            if isinstance(result, _End):
                if result.error is not None:
                    raise result.error
                return
            yield result

    def close(self) -> None:
        """Stop the thread and wait for it."""
        self._is_closed.set()
        while self._thread.is_alive():
            with suppress(queue.Empty), uninterrupted():
                self._queue.get(timeout=TICK_S)  # a full queue holds the thread up
        self._thread.join()

    def _run(self, items: Iterable[Item], work: Callable[[Item], Result]) -> None:
        error: BaseException | None = None
        try:
            for item in items:
                if self._is_closed.is_set():
                    return
                self._queue.put(work(item))
        except BaseException as caught:  # noqa: BLE001  # raised again where it is consumed
            error = caught
        self._queue.put(_End(error))
