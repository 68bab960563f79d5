"""A model, a grid and settings: windows of pictures in, restored pictures out.

Knows nothing of files, VapourSynth, colour or time stamps.
"""

from __future__ import annotations

import traceback
from collections.abc import Collection, Sequence
from concurrent.futures import CancelledError, Future
from functools import cached_property

import numpy as np
import torch
from numpy.typing import NDArray

from vsfilter.closing import Closing
from vsfilter.engine.device import model_threads
from vsfilter.engine.geometry import Settled
from vsfilter.engine.memory import is_out_of_memory, release
from vsfilter.engine.memory_limit import LESS, LITTLE_LESS, MemoryLimit
from vsfilter.engine.model_errors import blame_device, need_memory
from vsfilter.engine.model_facts import ModelFacts, model_facts
from vsfilter.engine.model_pool import ModelPool
from vsfilter.engine.settings import Settings
from vsfilter.engine.settle import Settler
from vsfilter.engine.transfer import fetch, send
from vsfilter.errors import DeviceMemoryError
from vsfilter.uninterrupted import result_of
from vsfilter.window import Grid, Run, Window, split_at_cuts


class Restorer(Closing):
    """Restores windows, one at a time, on a thread of its own.

    One thread, because torch keeps a pool of workers for each thread that calls it: with a dozen
    callers (VapourSynth's workers) these would fight for the cores.

    Args:
        settings: What to do.
        width: Columns of the clip, in px.
        height: Rows of the clip, in px.
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
        # also where none is wished: the clip before may have had another number
        threads_set = self._pool.call(torch.set_num_threads, model_threads(settings.threads))
        if not self._is_pool_own:  # windows of a clip that failed end first: they take memory
            result_of(threads_set)
        self.loaded = self._runs.loaded
        self._size = (width, height)
        model = f"{self.loaded.backend.name} {self.loaded.weights} {self.loaded.precision}"
        self._longest = 0  # frames of the longest run that memory did for
        with (
            need_memory(self.loaded.device, "any window", "give a smaller --core and --tile"),
            blame_device(self.loaded.backend.name),
        ):
            limit = MemoryLimit(
                self.loaded.device, f"{model} {width}x{height}", workers=self._pool.workers
            )
            self._settler = Settler(self.loaded, settings, limit, size=self._size)
            self.geometry = self._settler.settle(settled)

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
            DeviceError: Memory is used up, or the device is lost.
        """
        return result_of(self.submit(window, frames, cuts))

    def room_for(self, wished: int) -> int:
        """Give how many of so many bytes of the host the caller may keep beside two windows."""
        return self._settler.room_for(self.geometry, wished)

    def submit(
        self, window: Window, frames: Sequence[NDArray[np.float32]], cuts: Collection[int]
    ) -> Future[NDArray[np.float32]]:
        """Begin to restore a window and return at once; see `restore`."""
        return self._pool.call(self._restore_window, window, list(frames), frozenset(cuts))

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
        with blame_device(self.loaded.backend.name):
            return self._restore_or_back_off(window, frames, split_at_cuts(window, cuts))

    def _restore_or_back_off(
        self, window: Window, frames: list[NDArray[np.float32]], runs: Sequence[Run]
    ) -> NDArray[np.float32]:
        try:
            return self._restore_runs(window, frames, runs)
        except (MemoryError, RuntimeError) as error:
            if not is_out_of_memory(error):
                raise
        release(self.loaded.device)  # another program may have had it; once more
        try:
            return self._restore_runs(window, frames, runs)
        except (MemoryError, RuntimeError) as error:
            if not is_out_of_memory(error):
                raise
            traceback.clear_frames(error.__traceback__)  # they hold what the model had made
            release(self.loaded.device)
            width, height = self._size
            raise DeviceMemoryError(
                f"out of memory on {self.loaded.device} at frames {window.start} to "
                f"{window.stop - 1} of {width}x{height}, {self.geometry}: "
                f"{self._back_off(runs)}, or give a smaller core or tile"
            ) from error

    def _back_off(self, runs: Sequence[Run]) -> str:
        """Have later runs take less than what was too much; say what helps."""
        did_before = _longest(runs) <= self._longest
        is_first = not self._settler.was_too_much(self.geometry)
        share = LITTLE_LESS if did_before and is_first else LESS
        takes_less = self._settler.take_less(self.geometry, share=share)
        if did_before and is_first:
            return "it did for others before, so close other programs and give the command again"
        return "a next run takes less" if takes_less else "close other programs"

    def _restore_runs(
        self, window: Window, frames: list[NDArray[np.float32]], runs: Sequence[Run]
    ) -> NDArray[np.float32]:
        restored = []
        with torch.inference_mode():
            for run in runs:
                part = frames[run.start - window.start : run.stop - window.start]
                pictures = send(part, self.loaded.device).clamp_(0, 1)
                result = self._runs.restore(run, pictures, tile=self.geometry.tile)
                # the next run may get the same memory of the model
                restored.append(result.clone() if len(runs) > 1 else result)
            fetched = fetch(restored, self.loaded.device)
        self._longest = max(self._longest, _longest(runs))
        return fetched


def _longest(runs: Sequence[Run]) -> int:
    return max(run.stop - run.start for run in runs)
