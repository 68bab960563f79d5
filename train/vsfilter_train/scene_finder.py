"""Scenes of a clip: where cuts are, what does not move, what was there before."""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from vsfilter.cuts import is_cut
from vsfilter.errors import SourceError

from .clip import Pixels

type Gray = NDArray[np.float32]

SMALL = (192, 108)
"""Size at which frames are compared, in px: cuts are found by means over a coarse grid."""
STATIC_LEVELS = 0.5
"""A scene whose frames differ by less on average, in grey levels, does not move."""
SAME_LEVELS = 2.0
"""Scenes whose mean frames differ by less on average show the same."""


@dataclass(frozen=True, slots=True, kw_only=True)
class FoundScene:
    """Frames without a cut among them.

    Attributes:
        start: The first frame, from 0.
        count: Number of frames.
        is_static: Nothing moves.
        same_as: Name of a clip that shows the same, or empty.
    """

    start: int
    count: int
    is_static: bool = False
    same_as: str = ""

    @property
    def is_useful(self) -> bool:
        """Whether there is something to learn from it."""
        return not self.is_static and not self.same_as


class SceneFinder:
    """Finds the scenes of a clip, frame by frame.

    Args:
        name: Of the clip.
        shown: The clips of earlier scenes, and what these look like on average; is added to.

    Attributes:
        scenes: Those that have ended.
        count: Frames so far.
        shape: Their height and width, in px.
    """

    def __init__(self, name: str, shown: list[tuple[str, Gray]]) -> None:
        self._name, self._shown = name, shown
        self._scene: _OpenScene | None = None
        self._previous: Gray | None = None
        self._before_damage: list[Gray] = []
        self.scenes: list[FoundScene] = []
        self.count = 0
        self.shape = (0, 0)

    def add(self, number: int, frame: Pixels) -> None:
        """Look at a frame (h, w, 3), which begins a scene where there is a cut before it.

        Raises:
            SourceError: It has another size than the frames before it.
        """
        small, shape = _shrunk(frame), frame.shape[:2]
        if self.count and shape != self.shape:
            raise SourceError(f"'{self._name}' changes its size at frame {number}")
        if self._previous is not None and is_cut(self._previous, small):
            self.end()
        self._scene = self._scene or _OpenScene(number)
        self._scene.add(small.mean(axis=0))
        self._previous, self.shape, self.count = small, shape, self.count + 1

    def end(self) -> None:
        """End the scene, if there is one."""
        if self._scene is not None:
            self._close(self._scene)
        self._scene = self._previous = None
        self._before_damage.clear()

    def end_at_damage(self) -> None:
        """End the scene; one that goes on behind the damage is not taken for its repetition."""
        if self._scene is not None:
            self._before_damage.append(self._close(self._scene))
        self._scene = self._previous = None

    def _close(self, scene: _OpenScene) -> Gray:
        """Note a scene; return what it looks like."""
        mean = scene.mean()
        others = (
            other
            for other, look in self._shown
            if not any(look is same for same in self._before_damage)
            and 255 * np.abs(look - mean).mean() < SAME_LEVELS
        )
        same_as = next(others, "")
        if not same_as:
            self._shown.append((self._name, mean))
        is_static = scene.motion() < STATIC_LEVELS
        self.scenes.append(
            FoundScene(start=scene.start, count=scene.count, is_static=is_static, same_as=same_as)
        )
        return mean


class _OpenScene:
    """A scene whose end is not known yet; needs the same memory however long it is."""

    def __init__(self, start: int) -> None:
        self.start, self.count = start, 0
        self._sum = np.zeros(SMALL[::-1], dtype=np.float32)
        self._previous: Gray | None = None
        self._motion = 0.0

    def add(self, picture: Gray) -> None:
        """Add a frame (h, w) in [0, 1]."""
        if self._previous is not None:
            self._motion += float(np.abs(picture - self._previous).mean())
        self._sum += picture
        self._previous, self.count = picture, self.count + 1

    def mean(self) -> Gray:
        """Give what it looks like on average."""
        return np.asarray(self._sum / self.count, dtype=np.float32)

    def motion(self) -> float:
        """Give the mean difference from frame to frame, in grey levels."""
        return 255 * self._motion / max(1, self.count - 1)


def _shrunk(frame: Pixels) -> Gray:
    """Make a frame (h, w, 3) small: (3, h, w) in [0, 1]."""
    small = cv2.resize(frame, SMALL, interpolation=cv2.INTER_AREA)
    return np.ascontiguousarray(small.transpose(2, 0, 1), dtype=np.float32) / np.float32(255)
