"""A short run of a model on a small window, to tell how long a clip will take."""

from __future__ import annotations

import time

import numpy as np

from vsfilter.engine.clip_restorer import ClipRestorer
from vsfilter.engine.patience import wait_for
from vsfilter.window import Window

_FRAMES = 6
_SIDE_PX = 128


def seconds_per_frame(restorer: ClipRestorer, *, width: int, height: int) -> float:
    """Estimate how long the model takes for a frame of a clip, in s.

    A small window of noise is restored twice, and the second time is measured and scaled by the
    number of pixels. Models are somewhat slower or faster on large frames.

    Args:
        restorer: Gives the model and the grid.
        width: Columns of the clip, in px.
        height: Rows of the clip, in px.

    Raises:
        ModelHangsError: A window takes longer than it may.
    """
    rows, columns = min(height, _SIDE_PX), min(width, _SIDE_PX)
    noise = np.random.default_rng(0).random((_FRAMES, 3, rows, columns), np.float32)
    window = Window(index=0, start=0, lead=0, core_start=0, core_stop=_FRAMES, stop=_FRAMES)
    elapsed_s = 0.0
    for _ in range(2):  # the first time, libraries prepare themselves
        started = time.perf_counter()
        result = restorer.submit(window, list(noise), cuts=())
        wait_for(result, window, model=restorer.facts.backend, limit_s=restorer.settings.watchdog_s)
        elapsed_s = time.perf_counter() - started
    grid = restorer.grid
    frames_read = (grid.core + 2 * grid.context) / grid.core
    return elapsed_s / _FRAMES * (width * height) / (rows * columns) * frames_read
