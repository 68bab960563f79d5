"""Checks that a result is a function of the frames: not of the past, of chance, of the thread."""

from __future__ import annotations

import random
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager

import numpy as np
import torch

from vsfilter.testing.case import TOLERANCE, Case, make_clip


def gives_the_same_twice(case: Case) -> None:
    """Restore a clip twice; the global random numbers differ between the two."""
    frames = make_clip(4, 16, 20).to(case.device)
    with _seeded(1):
        first = case.restore(frames)
    with _seeded(2):
        second = case.restore(frames)
    promise = "gives the same result twice"
    case.expect_equal(first, second, promise, tolerance=_exactness(case))


def remembers_nothing(case: Case) -> None:
    """Restore a clip, then others, then the first one again; the same on a model newly loaded."""
    frames = make_clip(4, 16, 20).to(case.device)
    first = case.restore(frames)
    for other in (make_clip(4, 16, 20, seed=1), make_clip(6, 9, 12), make_clip(1, 16, 20)):
        case.restore(other.to(case.device))
    promise = "gives the same result after other clips"
    case.expect_equal(first, case.restore(frames), promise, tolerance=_exactness(case))
    again = case.restore(frames, model=case.load().model)
    promise = "gives the same result when loaded again"
    case.expect_equal(first, again, promise, tolerance=_exactness(case))


def works_from_any_thread(case: Case) -> None:
    """Restore on this thread and on two others, one after the other."""
    frames = make_clip(3, 16, 20).to(case.device)
    here = case.restore(frames)
    for _ in range(2):
        with ThreadPoolExecutor(max_workers=1) as thread:
            there = thread.submit(case.restore, frames).result()
        promise = "gives the same result on every thread"
        case.expect_equal(here, there, promise, tolerance=TOLERANCE)


def _exactness(case: Case) -> float:
    """A CPU computes the same bits each time; kernels of GPUs may add in any order."""
    return 0.0 if torch.device(case.device).type == "cpu" else TOLERANCE


@contextmanager
def _seeded(seed: int) -> Iterator[None]:
    """Seed the global random numbers; put them back afterwards."""
    python, numbers = random.getstate(), np.random.get_state()
    with torch.random.fork_rng():
        torch.manual_seed(seed)
        random.seed(seed)
        np.random.seed(seed)
        try:
            yield
        finally:
            random.setstate(python)
            np.random.set_state(numbers)
