"""One worker: a process that holds a model and restores windows with it."""

from __future__ import annotations

import logging
import os
import platform
from collections.abc import Collection, Sequence
from dataclasses import dataclass, fields
from importlib import import_module
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING

from vsfilter.worker_threads import let_idle_workers_sleep

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from vsfilter.engine.geometry import Geometry, Settled
    from vsfilter.engine.model_facts import ModelFacts
    from vsfilter.engine.model_pool import ModelPool
    from vsfilter.engine.restorer import Restorer
    from vsfilter.engine.settings import Settings
    from vsfilter.window import Window

_PACKAGES = ("vsfilter", "torch")


@dataclass(frozen=True, slots=True, kw_only=True)
class Order:
    """What a worker shall get ready for.

    Attributes:
        settings: How to restore.
        width: Columns of the clip, in px.
        height: Rows of the clip, in px.
        folder: What relative names of files are relative to, where a worker sees it too.
        on_one_machine: Most workers that one machine has; its memory is for all of them.
        settled: Windows and tiles as another worker settled them, by its memory. The first one
            does, if it has none of an earlier run of the same.
    """

    settings: Settings
    width: int
    height: int
    folder: str
    on_one_machine: int
    settled: Settled | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class WorkerFacts:
    """What decides the bits of a worker's results, and what the library had to say of it.

    Attributes:
        model: What it has loaded.
        geometry: The windows and tiles that it works with.
        instructions: What its processor computes with, or the name of its GPU.
        versions: Its software, as words.
        warnings: What was said while it got ready; the others of a crew would say the same.
    """

    model: ModelFacts
    geometry: Geometry
    instructions: str
    versions: tuple[str, ...]
    warnings: tuple[str, ...]

    def differences(self, other: WorkerFacts) -> list[str]:
        """Say in what another worker differs: "precision is bf16 instead of fp32"."""
        ours, its = self._words(), other._words()
        return [
            f"{name} is {its[name]} instead of {ours[name]}"
            for name in ours
            if its[name] != ours[name]
        ]

    def _words(self) -> dict[str, str]:
        model = {item.name: str(getattr(self.model, item.name)) for item in fields(self.model)}
        return model | {
            "geometry": str(self.geometry),
            "processor": self.instructions,
            "software": ", ".join(self.versions),
        }


@dataclass(frozen=True, slots=True, kw_only=True)
class WindowJob:
    """One window to restore.

    Attributes:
        window: Which frames these are.
        frames: All that the window reads: (3, h, w) each, RGB, nominally in [0, 1].
        cuts: Frame numbers that begin a new shot.
    """

    window: Window
    frames: Sequence[NDArray[np.float32]]
    cuts: Collection[int]


@dataclass(frozen=True, slots=True, kw_only=True)
class WindowResult:
    """A restored window.

    Attributes:
        frames: Those that the window delivers: (n, 3, scale * h, scale * w).
        warnings: What the library had to say meanwhile.
    """

    frames: NDArray[np.float32]
    warnings: tuple[str, ...]


class Worker:
    """Restores windows with a model that it loads once; lives in a process of its own."""

    def __init__(self) -> None:
        let_idle_workers_sleep()
        import_module("vsfilter.engine.restorer")  # torch takes seconds: all workers at a time
        self._models: ModelPool | None = None
        self._restorer: Restorer | None = None
        self._warnings = _Collector()
        logging.getLogger("vsfilter").addHandler(self._warnings)

    def begin(self) -> None:
        """Answer before a window is restored: who dies after that dies over the window."""

    def prepare(self, order: Order) -> WorkerFacts:
        """Get ready for a clip; a model that is there already stays.

        Raises:
            VsfilterError: The model cannot be loaded, or the settings do not fit it.
        """
        from vsfilter.engine.model_pool import ModelPool
        from vsfilter.engine.restorer import Restorer

        if Path(order.folder).is_dir():
            os.chdir(order.folder)
        if self._models is None:
            self._models = ModelPool(workers=order.on_one_machine)
        self._restorer = Restorer(
            order.settings,
            width=order.width,
            height=order.height,
            pool=self._models,
            settled=order.settled,
        )
        model = self._restorer.facts
        return WorkerFacts(
            model=model,
            geometry=self._restorer.geometry,
            instructions=_processor(model.device),
            versions=tuple(f"{name} {version(name)}" for name in _PACKAGES),
            warnings=self._warnings.take(),
        )

    def restore(self, job: WindowJob) -> WindowResult:
        """Restore a window of the clip that `prepare` was told of.

        Raises:
            VsfilterError: As `Restorer.restore` tells.
        """
        if self._restorer is None:
            raise RuntimeError("the worker was not prepared: this is a bug")
        frames = self._restorer.restore(job.window, job.frames, job.cuts)
        return WindowResult(frames=frames, warnings=self._warnings.take())


class _Collector(logging.Handler):
    """Keeps warnings until they can be sent to where the user is."""

    def __init__(self) -> None:
        super().__init__(logging.WARNING)
        self._texts: list[str] = []

    def emit(self, record: logging.LogRecord) -> None:
        """Keep one."""
        self._texts.append(record.getMessage())

    def take(self) -> tuple[str, ...]:
        """Give what has been said since the last time."""
        texts, self._texts = tuple(self._texts), []
        return texts


def _processor(device: str) -> str:
    from vsfilter.engine.device import gpu_name, processor_instructions

    return gpu_name(device) or f"{platform.machine()} {processor_instructions()}"
