"""What a clip needs of whatever restores its windows, here or elsewhere."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from concurrent.futures import Future
from types import TracebackType
from typing import Protocol, Self

import numpy as np
from numpy.typing import NDArray

from vsfilter.engine.geometry import Geometry
from vsfilter.engine.model_facts import ModelFacts
from vsfilter.engine.settings import Settings
from vsfilter.window import Grid, Window


class ClipRestorer(Protocol):
    """What restores the windows: `vsfilter.engine.restorer.Restorer`, or a cluster."""

    @property
    def settings(self) -> Settings:
        """What to do."""

    @property
    def grid(self) -> Grid:
        """Where the windows lie."""

    @property
    def geometry(self) -> Geometry:
        """The windows and tiles, the same for the whole clip."""

    @property
    def scale(self) -> int:
        """How many times larger the output is."""

    @property
    def facts(self) -> ModelFacts:
        """What the model is."""

    @property
    def workers(self) -> int:
        """How many windows are restored at the same time."""

    def submit(
        self, window: Window, frames: Sequence[NDArray[np.float32]], cuts: Collection[int]
    ) -> Future[NDArray[np.float32]]:
        """Begin to restore a window and return at once."""

    def __enter__(self) -> Self:
        """Return the restorer itself."""

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
        /,
    ) -> None:
        """Close it."""
