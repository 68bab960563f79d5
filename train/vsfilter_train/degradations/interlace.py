"""Interlacing, as of tapes."""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np

from .degradation import Clip
from .setting_checks import check_number

SOFTENER = np.array([[0.25], [0.5], [0.25]])


@dataclass(frozen=True, slots=True, kw_only=True)
class Interlace:
    """Weaves each frame's lines with those of the next one: combs where something moves.

    The last frame has no next one and stays as it is.

    Attributes:
        top_first_share: How often the frame's own lines are the even ones, from 0 on; all frames
            of a clip are alike.
        is_softened: Lines are mixed with their neighbours first, as interlacing cameras do
            against flicker.
    """

    top_first_share: float = 0.5
    is_softened: bool = True

    def __post_init__(self) -> None:
        """Refuse what is no share."""
        check_number("top_first_share", self.top_first_share, least=0, most=1)

    def __call__(self, clip: Clip, random: np.random.Generator) -> Clip:
        """Interlace a clip; see `Degradation`."""
        later = 1 if random.random() < self.top_first_share else 0
        if self.is_softened:
            clip = np.stack([cv2.filter2D(frame, -1, SOFTENER) for frame in clip])
        woven = clip.copy()
        woven[:-1, later::2] = clip[1:, later::2]
        return woven
