"""Pans over still frames of clips: motion in which every detail comes again."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import islice
from math import cos, exp, log, pi, sin

import cv2
import numpy as np

from vsfilter.errors import SourceError

from .clip import Clip, ClipPart, ClipSize, Pixels
from .drawn.motion import Motion

FRAMES = 12
MARGIN = 0.1
"""Of the still frame, on each side: the room in which the camera moves."""
SLOWEST_PX = 0.25
_VERSION = 1
"""To be raised when the same number gives other pictures."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PannedClip(ClipPart):
    """A camera that moves over one frame of a clip: a `Clip` that is made when it is read.

    In natural video, noise, codecs and soft lenses keep neighbours from telling what a frame has
    lost. Here they tell it, and the motion is known to be smooth.

    Attributes:
        number: Says, with the clip, which frame it is and how the camera moves.
    """

    number: int

    @property
    def part(self) -> str:
        """What is made of the clip."""
        return f"pan {_VERSION} {self.number}"

    def size(self) -> ClipSize:
        """See `Clip`."""
        whole = self.clip.size()
        height, width = (n - 2 * int(MARGIN * n) for n in (whole.height, whole.width))
        return ClipSize(frames=FRAMES, height=height, width=width)

    def frames(self, start: int = 0) -> Iterator[Pixels]:
        """See `Clip`."""
        random = np.random.default_rng(self.number)
        still = self.clip.read(int(random.integers(self.clip.size().frames)), 1)[0]
        size = self.size()
        camera = _any_camera(random, size)
        for t in range(start, FRAMES):
            there = camera.matrix(t, (still.shape[1], still.shape[0]), density=1)
            view = (size.width, size.height)
            frame = cv2.warpAffine(
                still, there, view, flags=cv2.INTER_LANCZOS4, borderMode=cv2.BORDER_REFLECT_101
            )
            yield np.asarray(frame, np.uint8)

    def after_damage(self, number: int) -> int:
        """See `Clip`."""
        return number + 1

    def read(self, start: int = 0, count: int | None = None) -> Pixels:
        """See `Clip`."""
        frames = list(islice(self.frames(start), count))
        if not frames:
            raise SourceError(f"a pan over '{self.name}' has no frame {start}")
        return np.stack(frames)


def _any_camera(random: np.random.Generator, view: ClipSize) -> Motion:
    """Draw a motion that stays inside the still frame, as that of the frame under the camera."""
    room = MARGIN * min(view.width, view.height)
    fastest = 2 * room / (FRAMES - 1)
    speed = exp(random.uniform(log(SLOWEST_PX), log(max(fastest, 2 * SLOWEST_PX))))
    way = random.uniform(0, 2 * pi)
    x, y = speed * cos(way), speed * sin(way)
    half = (FRAMES - 1) / 2
    return Motion(
        place=(view.width / 2 - half * x, view.height / 2 - half * y),
        speed=(x, y),
        pull=(0.0, 0.0),
        angle=0.0,
        turn=random.normal(0, 0.003) if random.random() < 0.5 else 0.0,
        zoom=random.normal(0, 0.003) if random.random() < 0.5 else 0.0,
    )


def panned_clips(clips: Sequence[Clip], count: int) -> list[PannedClip]:
    """List so many pans, over one clip after the other and again from the first."""
    made = count if clips else 0  # what is wrong without clips is said where they are counted
    return [PannedClip(clip=clips[n % len(clips)], number=n) for n in range(made)]
