"""What a clip holds, found by decoding all of it: scenes, repeated pictures, damage."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass

from vsfilter.errors import SourceError

from .clip import Clip
from .scene_finder import FoundScene, Gray, SceneFinder

LEAST_SHARE = 0.9
"""Of the frames that a header tells: edit lists and broken starts hide a few."""
MOST_TRIES = 100
"""To go on after damage, one after another in vain; then the rest is given up."""
MOST_NAMED = 3
"""Damaged places of a clip."""


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


def scan_all(clips: Iterable[Clip], tell: Callable[[str], None]) -> list[Found]:
    """Scan clips; tell of each as soon as it is known, since all may take hours."""
    found = []
    for clip in scan(clips):
        tell(clip.summary)
        found.append(clip)
    return found


def _scan_clip(clip: Clip, shown: list[tuple[str, Gray]]) -> Found:
    """Scan a clip, over damaged places too; `shown` has what earlier scenes look like."""
    finder = SceneFinder(clip.name, shown)
    damage, told, start, tries = list[str](), 0, 0, 0
    try:
        told = clip.size().frames
    except SourceError as error:
        damage.append(str(error))
    while start < told and tries < MOST_TRIES:
        seen = finder.count
        try:
            for number, frame in enumerate(clip.frames(start), start):
                finder.add(number, frame)
            break
        except SourceError as error:
            tries = 1 if finder.count > seen else tries + 1
            if tries == 1:
                damage.append(str(error))
            finder.end_at_damage()
            start = clip.after_damage(start + finder.count - seen)
    finder.end()
    try:
        stored_bytes = clip.stored_bytes
    except OSError as error:
        stored_bytes = 0
        damage = damage or [f"'{clip.name}' cannot be read: {error.strerror}"]
    if not damage and clip.has_exact_size and finder.count < LEAST_SHARE * told:
        damage.append(f"'{clip.name}' ends after {finder.count} of {told} frames")
    return Found(
        name=clip.name,
        stored_bytes=stored_bytes,
        frames=finder.count,
        height=finder.shape[0],
        width=finder.shape[1],
        scenes=tuple(finder.scenes),
        damage=_told(damage),
        told=told,
    )


def _told(damage: list[str]) -> str:
    """Give one line for damaged places."""
    more = len(damage) - MOST_NAMED
    return "; ".join(damage[:MOST_NAMED] + ([f"and {more} more places"] if more > 0 else []))
