"""What `vsfilter.engine.restorer.Restorer` is, done by workers."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from concurrent.futures import Future
from typing import TYPE_CHECKING

from vsfilter.closing import Closing
from vsfilter.cluster.worker import WindowJob, WorkerFacts
from vsfilter.uninterrupted import result_of

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from vsfilter.cluster.dispatcher import Dispatcher
    from vsfilter.engine.geometry import Geometry
    from vsfilter.engine.model_facts import ModelFacts
    from vsfilter.engine.settings import Settings
    from vsfilter.window import Grid, Window


class ClusterRestorer(Closing):
    """Restores the windows of one clip, several at a time.

    Args:
        dispatcher: Has workers that are ready for the clip.
        settings: What to do.
        worker: What each worker is.
        workers: How many there are.

    Attributes:
        settings: What to do.
        workers: How many windows are restored at the same time.
    """

    def __init__(
        self, dispatcher: Dispatcher, settings: Settings, worker: WorkerFacts, *, workers: int
    ) -> None:
        self.settings = settings
        self.workers = workers
        self._dispatcher = dispatcher
        self._worker = worker

    @property
    def grid(self) -> Grid:
        """Where the windows lie."""
        return self.geometry.grid

    @property
    def geometry(self) -> Geometry:
        """The windows and tiles, as the first worker settled them."""
        return self._worker.geometry

    @property
    def scale(self) -> int:
        """How many times larger the output is."""
        return self.facts.scale

    @property
    def facts(self) -> ModelFacts:
        """What the model is."""
        return self._worker.model

    def restore(
        self, window: Window, frames: Sequence[NDArray[np.float32]], cuts: Collection[int]
    ) -> NDArray[np.float32]:
        """Restore one window; see `Restorer.restore`.

        Raises:
            VsfilterError: As there, or the workers are lost.
        """
        return result_of(self.submit(window, frames, cuts))

    def submit(
        self, window: Window, frames: Sequence[NDArray[np.float32]], cuts: Collection[int]
    ) -> Future[NDArray[np.float32]]:
        """Begin to restore a window and return at once; see `restore`."""
        return self._dispatcher.submit(
            WindowJob(window=window, frames=tuple(frames), cuts=frozenset(cuts))
        )

    def close(self) -> None:
        """Drop windows that have not begun; those that have end unseen."""
        self._dispatcher.drop()
