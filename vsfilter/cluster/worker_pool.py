"""The workers of one clip, kept for the next one."""

from __future__ import annotations

import logging
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from vsfilter.closing import Closing
from vsfilter.cluster.cluster_restorer import ClusterRestorer
from vsfilter.cluster.dispatcher import Dispatcher
from vsfilter.cluster.ray_session import RaySession
from vsfilter.cluster.worker import Order
from vsfilter.cluster.worker_place import WorkerPlace
from vsfilter.engine.device import model_threads
from vsfilter.uninterrupted import result_of, wait_until_done

if TYPE_CHECKING:
    from vsfilter.engine.geometry import Settled
    from vsfilter.engine.settings import Settings

_LOG = logging.getLogger(__name__)
_PATIENCE_S = 120.0


class WorkerPool(Closing):
    """Workers, which begin with the first clip and end with the pool.

    Args:
        place: Where they are.
    """

    def __init__(self, place: WorkerPlace) -> None:
        self._place = place
        self._session: RaySession | None = None
        self._dispatcher: Dispatcher | None = None

    def open(
        self, settings: Settings, *, width: int, height: int, earlier: Settled | None = None
    ) -> ClusterRestorer:
        """Get the workers ready for a clip, and wait for the first of them.

        All of them use as many threads as a run without them would: sums are formed in another
        order with another number.

        Args:
            settings: How to restore.
            width: Columns of the clip, in px.
            height: Rows of the clip, in px.
            earlier: Windows and tiles of an earlier run of the same.

        Raises:
            VsfilterError: There are no workers, or the model cannot be loaded there.
        """
        threads = model_threads(settings.threads)
        if self._session is None:
            self._session = RaySession(self._place, device=settings.device, threads=threads)
            self._dispatcher = Dispatcher(self._session)
        assert self._dispatcher is not None  # made together
        order = Order(
            settings=replace(settings, threads=threads),
            width=width,
            height=height,
            folder=str(Path.cwd()),
            on_one_machine=self._session.share.on_one_machine,
            settled=earlier,
        )
        first = self._dispatcher.prepare(order)
        if self._place.address is not None and not wait_until_done(first, limit_s=_PATIENCE_S):
            _LOG.warning(
                "no worker is ready yet: others use the whole cluster (ray status), or processes "
                "of workers do not begin on its machines (raylet.err in Ray's folder there)"
            )
        worker = result_of(first)
        workers = self._session.share.workers
        return ClusterRestorer(self._dispatcher, settings, worker, workers=workers)

    def abandon(self) -> None:
        """End workers whose model hangs, and all others; the next clip begins new ones."""
        self.close()

    def close(self) -> None:
        """End the workers; safe to call twice."""
        if self._dispatcher is not None:
            self._dispatcher.close()
            self._dispatcher = None
        if self._session is not None:
            self._session.close()
            self._session = None
