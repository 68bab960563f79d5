"""A model, a grid and settings: windows of pictures in, restored pictures out.

Knows nothing of files, VapourSynth, colour or time stamps.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from concurrent.futures import CancelledError, Future
from functools import cached_property

import numpy as np
import torch
from numpy.typing import NDArray

from vsfilter.closing import Closing
from vsfilter.engine.geometry import Geometry, Settled
from vsfilter.engine.memory import is_out_of_memory, release
from vsfilter.engine.memory_limit import MemoryLimit
from vsfilter.engine.model_errors import need_memory
from vsfilter.engine.model_facts import ModelFacts, model_facts
from vsfilter.engine.model_pool import ModelPool
from vsfilter.engine.settings import Settings
from vsfilter.engine.settle import settle, still_fits
from vsfilter.engine.transfer import fetch, send
from vsfilter.errors import DeviceError
from vsfilter.window import Grid, Window, split_at_cuts

CORE_PX = 128_000_000
"""Pixels of output that a window holds at most by default: 1.5 GB in float32."""


class Restorer(Closing):
    """Restores windows, one at a time, on a thread of its own.

    One thread, because torch keeps a pool of workers for each thread that calls it: with a dozen
    callers (VapourSynth's workers) these would fight for the cores.

    Args:
        settings: What to do.
        width: Columns of the clip, in px.
        height: Rows of the clip, in px. Large clips get smaller cores by default, since memory
            holds two windows of output; where memory does not do for these either, smaller ones,
            or tiles.
        pool: Where the model and the thread come from; None makes them for this clip alone.
        settled: Windows and tiles that were settled before, or elsewhere.

    Attributes:
        settings: What to do.
        loaded: The model.
        geometry: The windows and tiles, the same for the whole clip.
        workers: How many windows are restored at the same time.

    Raises:
        VsfilterError: The model cannot be loaded, or the settings do not fit it.
    """

    workers = 1

    def __init__(
        self,
        settings: Settings,
        *,
        width: int,
        height: int,
        pool: ModelPool | None = None,
        settled: Settled | None = None,
    ) -> None:
        self.settings = settings
        self._pool = ModelPool() if pool is None else pool
        self._is_pool_own = pool is None
        self._is_closed = False
        self._runs = self._pool.get(settings)
        if settings.threads is not None:
            self._pool.thread.submit(torch.set_num_threads, settings.threads)
        self.loaded = self._runs.loaded
        self._size = (width, height)
        model = f"{self.loaded.backend.name} {self.loaded.weights} {self.loaded.precision}"
        self._limit = MemoryLimit(
            self.loaded.device, f"{model} {width}x{height}", workers=self._pool.workers
        )
        with need_memory(self.loaded.device, "any window", "give a smaller --core and --tile"):
            self.geometry = self._settle(settled)

    @property
    def grid(self) -> Grid:
        """Where the windows lie."""
        return self.geometry.grid

    @property
    def scale(self) -> int:
        """How many times larger the output is."""
        return self.loaded.model.scale

    @cached_property
    def facts(self) -> ModelFacts:
        """What the model is."""
        return model_facts(self.loaded)

    def _settle(self, settled: Settled | None) -> Geometry:
        settings, backend, size = self.settings, self.loaded.backend, self._size
        if settled is not None and (
            not settled.must_fit
            or still_fits(self.loaded, settled.geometry, self._limit, size=size)
        ):
            return settled.geometry
        width, height = size
        affordable = max(1, settings.blend, CORE_PX // (width * height * self.scale**2))
        grid = Grid(
            core=min(backend.core, affordable) if settings.core is None else settings.core,
            context=backend.context if settings.context is None else settings.context,
            blend=settings.blend,
        )
        wanted = Geometry(grid=grid, tile=settings.tile)
        return settle(self.loaded, settings, wanted, self._limit, size=size)

    def restore(
        self, window: Window, frames: Sequence[NDArray[np.float32]], cuts: Collection[int]
    ) -> NDArray[np.float32]:
        """Restore one window.

        Args:
            window: Which frames these are.
            frames: Frames `window.start` to `window.stop`: (3, h, w), RGB, nominally in [0, 1].
            cuts: Frame numbers that begin a new shot.

        Returns:
            Frames `window.lead` to `window.core_stop`: (n, 3, scale * h, scale * w).

        Raises:
            PluginError: The model's output has another shape than it should, or is not finite.
            DeviceError: Memory is used up.
        """
        return self.submit(window, frames, cuts).result()

    def submit(
        self, window: Window, frames: Sequence[NDArray[np.float32]], cuts: Collection[int]
    ) -> Future[NDArray[np.float32]]:
        """Begin to restore a window and return at once; see `restore`."""
        thread = self._pool.thread
        return thread.submit(self._restore_window, window, list(frames), frozenset(cuts))

    def close(self) -> None:
        """Drop windows that have not begun; one that has ends unseen on its thread."""
        self._is_closed = True
        if self._is_pool_own:
            self._pool.thread.shutdown(wait=False, cancel_futures=True)

    def _restore_window(
        self, window: Window, frames: list[NDArray[np.float32]], cuts: Collection[int]
    ) -> NDArray[np.float32]:
        if self._is_closed:
            raise CancelledError
        try:
            return self._restore_runs(window, frames, cuts)
        except (MemoryError, RuntimeError) as error:
            if not is_out_of_memory(error):
                raise
        release(self.loaded.device)  # another program may have had it; once more
        try:
            return self._restore_runs(window, frames, cuts)
        except (MemoryError, RuntimeError) as error:
            if not is_out_of_memory(error):
                raise
            self._limit.lower()
            width, height = self._size
            raise DeviceError(
                f"out of memory on {self.loaded.device} at frames {window.start} to "
                f"{window.stop - 1} of {width}x{height}, {self.geometry}: a next run takes less, "
                "or give a smaller core or tile"
            ) from error

    def _restore_runs(
        self, window: Window, frames: list[NDArray[np.float32]], cuts: Collection[int]
    ) -> NDArray[np.float32]:
        restored = []
        with torch.inference_mode():
            for run in split_at_cuts(window, cuts):
                part = frames[run.start - window.start : run.stop - window.start]
                pictures = send(part, self.loaded.device).clamp_(0, 1)
                restored.append(self._runs.restore(run, pictures, tile=self.geometry.tile))
            return fetch(restored, self.loaded.device)
