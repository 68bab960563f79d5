"""What a clip holds, found by decoding all of it: scenes, repeated pictures, damage."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from vsfilter.cuts import is_cut
from vsfilter.errors import SourceError

from .clip import Clip, Pixels

type Gray = NDArray[np.float32]

SMALL = (192, 108)
"""Size at which frames are compared, in px: cuts are found by means over a coarse grid."""
STATIC_LEVELS = 0.5
"""A scene whose frames differ by less on average, in grey levels, does not move."""
SAME_LEVELS = 2.0
"""Scenes whose mean frames differ by less on average show the same."""
LEAST_SHARE = 0.9
"""Of the frames that a header tells: edit lists and broken starts hide a few."""


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


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """What a clip holds.

    Attributes:
        name: Of the clip.
        stored_bytes: As `Clip.stored_bytes`.
        frames: Frames that could be decoded.
        height: In px.
        width: In px.
        scenes: Its scenes.
        damage: What is wrong with it, or empty.
        told: Frames that its header tells; more may mean that it is cut off.
    """

    name: str
    stored_bytes: int
    frames: int
    height: int
    width: int
    scenes: tuple[FoundScene, ...]
    damage: str = ""
    told: int = 0

    @property
    def summary(self) -> str:
        """One line for people."""
        static = sum(scene.is_static for scene in self.scenes)
        same = sorted({scene.same_as for scene in self.scenes if scene.same_as})
        parts = [f"{self.frames} frames of {self.width}x{self.height} px"]
        parts.append(f"{len(self.scenes)} scenes" if len(self.scenes) != 1 else "1 scene")
        parts += [f"{static} static"] if static else []
        parts += [f"repeats {', '.join(same)}"] if same else []
        is_doubtful = self.frames < LEAST_SHARE * self.told and not self.damage
        parts += [f"its header tells {self.told} frames"] if is_doubtful else []
        parts += [f"damaged: {self.damage}"] if self.damage else []
        return f"{self.name}: {', '.join(parts)}"


def scan(clips: Iterable[Clip]) -> Iterator[Found]:
    """Decode clips one frame at a time; tell what each of them holds."""
    shown: list[tuple[str, Gray]] = []
    for clip in clips:
        yield _scan_clip(clip, shown)


def _scan_clip(clip: Clip, shown: list[tuple[str, Gray]]) -> Found:
    """Scan a clip; `shown` has what earlier scenes look like."""
    scenes: list[FoundScene] = []
    open_scene: _OpenScene | None = None
    previous, shape, count, told, damage = None, (0, 0), 0, 0, ""
    try:
        told = clip.size().frames
        for frame in clip.frames():
            small, shape = _shrunk(frame), frame.shape[:2]
            if open_scene is None or (previous is not None and is_cut(previous, small)):
                if open_scene is not None:
                    scenes.append(open_scene.close(clip.name, shown))
                open_scene = _OpenScene(count)
            open_scene.add(small.mean(axis=0))
            previous, count = small, count + 1
    except SourceError as error:
        damage = str(error)
    if open_scene is not None:
        scenes.append(open_scene.close(clip.name, shown))
    if not damage and clip.has_exact_size and count < LEAST_SHARE * told:
        damage = f"'{clip.name}' ends after {count} of {told} frames"
    return Found(
        name=clip.name,
        stored_bytes=clip.stored_bytes,
        frames=count,
        height=shape[0],
        width=shape[1],
        scenes=tuple(scenes),
        damage=damage,
        told=told,
    )


class _OpenScene:
    """A scene whose end is not known yet; needs the same memory however long it is."""

    def __init__(self, start: int) -> None:
        self._start, self._count = start, 0
        self._sum = np.zeros(SMALL[::-1], dtype=np.float32)
        self._previous: Gray | None = None
        self._motion = 0.0

    def add(self, picture: Gray) -> None:
        """Add a frame (h, w) in [0, 1]."""
        if self._previous is not None:
            self._motion += float(np.abs(picture - self._previous).mean())
        self._sum += picture
        self._previous, self._count = picture, self._count + 1

    def close(self, name: str, shown: list[tuple[str, Gray]]) -> FoundScene:
        """Tell what was in it, and note what it looks like."""
        mean = np.asarray(self._sum / self._count, dtype=np.float32)
        motion = 255 * self._motion / max(1, self._count - 1)
        same = (other for other, look in shown if 255 * np.abs(look - mean).mean() < SAME_LEVELS)
        scene = FoundScene(
            start=self._start,
            count=self._count,
            is_static=motion < STATIC_LEVELS,
            same_as=next(same, ""),
        )
        if not scene.same_as:
            shown.append((name, mean))
        return scene


def _shrunk(frame: Pixels) -> Gray:
    """Make a frame (h, w, 3) small: (3, h, w) in [0, 1]."""
    small = cv2.resize(frame, SMALL, interpolation=cv2.INTER_AREA)
    return np.ascontiguousarray(small.transpose(2, 0, 1), dtype=np.float32) / np.float32(255)
