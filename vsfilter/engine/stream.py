"""A clip that streams through a restorer: windows are cut from it as its frames arrive."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Iterator
from concurrent.futures import Future
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from vsfilter.cuts import is_cut
from vsfilter.engine.blend import crossfade
from vsfilter.engine.clip_restorer import ClipRestorer
from vsfilter.engine.patience import wait_for
from vsfilter.engine.settings import Cuts
from vsfilter.frame import Frame
from vsfilter.window import Window


@dataclass(frozen=True, slots=True, kw_only=True)
class Picture:
    """A frame with its pixels as the model sees them.

    Attributes:
        frame: The source frame.
        rgb: (3, h, w), float32, RGB, nominally in [0, 1].
        is_wanted: False where the frame is read for the sake of its neighbours only.
    """

    frame: Frame
    rgb: NDArray[np.float32]
    is_wanted: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class _Pending:
    """A window that is being restored."""

    window: Window
    core: list[Picture]
    result: Future[NDArray[np.float32]]


def restore_clip(
    pictures: Iterable[Picture], restorer: ClipRestorer, *, first: int = 0
) -> Iterator[Picture]:
    """Restore a clip of unknown length, holding two windows of it for each worker at most.

    While the consumer works on one window, the next ones are being restored.

    Args:
        pictures: The clip, or as much of it as `Grid.reach` tells for the wanted frames.
        restorer: Gives the model and the grid.
        first: Number in the clip of the first picture.

    Yields:
        Each wanted frame with its restored pixels, (3, scale * h, scale * w), in order.
    """
    restored = _restore_windows(iter(pictures), restorer, first)
    return (picture for picture in restored if picture.is_wanted)


def _restore_windows(
    pictures: Iterator[Picture], restorer: ClipRestorer, first: int
) -> Iterator[Picture]:
    blender = _Blender(restorer)
    pending: deque[_Pending] = deque()
    for coming in _begin_windows(pictures, restorer, first):
        pending.append(coming)
        if len(pending) >= 2 * restorer.workers:
            yield from blender.deliver(pending.popleft())
    while pending:
        yield from blender.deliver(pending.popleft())
    yield from blender.flush()


def _begin_windows(
    pictures: Iterator[Picture], restorer: ClipRestorer, first: int
) -> Iterator[_Pending]:
    """Read the frames of one window after the other; begin to restore each that is wanted."""
    grid = restorer.grid
    shots = _CutFinder(restorer.settings.cuts)
    held: deque[Picture] = deque()  # frames from number `first` on
    index = first // grid.core
    while True:
        wanted = grid.window(index).stop
        while first + len(held) < wanted and (picture := next(pictures, None)) is not None:
            shots.add(first + len(held), picture)
            held.append(picture)
        frame_count = first + len(held)
        window = grid.window(index, frame_count)
        if window.core_start >= frame_count:
            return
        while first < window.start:
            held.popleft()
            first += 1
        inside = list(held)[: window.stop - first]
        delivered = inside[max(0, window.lead - first) : max(0, window.core_stop - first)]
        if any(picture.is_wanted for picture in delivered):
            yield _Pending(
                window=window,
                core=inside[window.core_start - first : window.core_stop - first],
                result=restorer.submit(window, [picture.rgb for picture in inside], shots.cuts),
            )
        shots.forget(window.start)
        index += 1


class _CutFinder:
    """Collects where shots begin, as the frames arrive."""

    def __init__(self, setting: Cuts) -> None:
        self.cuts: set[int] = set(setting) if isinstance(setting, tuple) else set()
        self._setting = setting
        self._previous: NDArray[np.float32] | None = None

    def add(self, number: int, picture: Picture) -> None:
        """Take the next frame."""
        stated = picture.frame.is_cut
        if self._setting == "auto" and stated is None and self._previous is not None:
            stated = is_cut(self._previous, picture.rgb)
        if self._setting in ("auto", "props") and stated:
            self.cuts.add(number)
        self._previous = picture.rgb

    def forget(self, before: int) -> None:
        """Drop the cuts that no coming window can hold."""
        self.cuts = {cut for cut in self.cuts if cut >= before}


class _Blender:
    """Delivers the cores; mixes the last frames of each with the next window's output."""

    def __init__(self, restorer: ClipRestorer) -> None:
        self._grid = restorer.grid
        self._model = restorer.facts.backend
        self._limit_s = restorer.settings.watchdog_s
        self._held: list[Picture] = []  # restored, waiting for the next window

    def deliver(self, pending: _Pending) -> Iterator[Picture]:
        """Wait for a window and give all frames that are final."""
        window = pending.window
        result = wait_for(pending.result, window, model=self._model, limit_s=self._limit_s)
        for offset, picture in enumerate(self._held):
            number = window.lead + offset
            weight = self._grid.blend_weight(number, window.core_stop)
            yield replace(picture, rgb=crossfade(picture.rgb, result[offset], weight))
        restored = [
            replace(picture, rgb=result[window.core_start - window.lead + offset])
            for offset, picture in enumerate(pending.core)
        ]
        final = len(restored) - self._grid.blend
        yield from restored[: max(0, final)]
        self._held = restored[max(0, final) :]

    def flush(self) -> Iterator[Picture]:
        """Give what waits for a window that does not come."""
        yield from self._held
