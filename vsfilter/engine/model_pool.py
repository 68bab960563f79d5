"""The model of one clip, kept for the next one."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path

from vsfilter.engine.run_restorer import RunRestorer, choose_for
from vsfilter.engine.settings import Settings
from vsfilter.uninterrupted import uninterrupted
from vsfilter.weights import split_stages
from vsfilter.weights.file_access import is_file


class ModelPool:
    """Keeps the last model, so that several clips load it once where they want the same.

    Args:
        workers: How many processes of this machine restore windows for another one; None where
            windows are restored by the process that uses them.

    Attributes:
        workers: See above.
        thread: The one on which its models run: what a clip that failed has left there ends before
            the next clip begins.
    """

    def __init__(self, *, workers: int | None = None) -> None:
        self.workers = workers
        self.thread = _thread()
        self._made_of: object = None
        self._runs: RunRestorer | None = None

    def get(self, settings: Settings) -> RunRestorer:
        """Give the model that settings ask for.

        Raises:
            VsfilterError: It cannot be loaded, or the settings do not fit it.
        """
        chosen = choose_for(settings)
        # the scale chooses, and does no more; a training writes its weights again and again
        files = [Path(stage) for stage in split_stages(chosen.weights) if is_file(Path(stage))]
        dates = [file.stat().st_mtime_ns for file in files]
        made_of = (chosen, dates, replace(settings, scale=None))
        if self._runs is None or made_of != self._made_of:
            self._runs = None  # not two models in memory
            self._runs = RunRestorer(settings, chosen)
            self._made_of = made_of
        return self._runs

    def call[**Arguments, Result](
        self,
        work: Callable[Arguments, Result],
        *arguments: Arguments.args,
        **named: Arguments.kwargs,
    ) -> Future[Result]:
        """Have something done on the thread of the models, after what was begun before."""
        with uninterrupted():
            return self.thread.submit(work, *arguments, **named)

    def abandon(self) -> None:
        """Leave a model that hangs alone with its thread; the next clip gets others."""
        self.thread.shutdown(wait=False, cancel_futures=True)
        self.thread = _thread()
        self._runs = None


def _thread() -> ThreadPoolExecutor:
    return ThreadPoolExecutor(max_workers=1, thread_name_prefix="vsfilter-model")
