"""Six ways to a clip of a quarter of its size, as old videos took them."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from .blur import Blur
from .degradation import Clip, Degradation
from .jpeg import Jpeg
from .median import Median
from .motion_blur import MotionBlur
from .resize_to import ResizeTo
from .setting_checks import check_choices, check_number, check_range


def _resize(factor: float) -> ResizeTo:
    return ResizeTo(factor=factor, methods=("area",) if factor < 1 else ("bicubic",))


def _gaussian(sigma: float) -> Blur:
    return Blur(shapes=("iso",), sizes=(int(6 * sigma) + 1,), sigma=(sigma, sigma), sigma_step=0)


SCENARIOS: dict[str, tuple[Degradation, ...]] = {
    "median": (_resize(1 / 2), Median(radius=1), _resize(1 / 2)),
    "gaussian": (_resize(1 / 2), _gaussian(1), _resize(1 / 2)),
    "rescaled": (_resize(1 / 4), _resize(3 / 4), _resize(4 / 3)),
    "gaussian_median": (_resize(1 / 2), _gaussian(2), Median(radius=2), _resize(1 / 2)),
    "motion": (_resize(1 / 4),),
    "plain": (_resize(1 / 4),),
}
MOTION_ANGLES = (0.0, 90.0, 45.0, -45.0)
"""In degrees."""


@dataclass(frozen=True, slots=True, kw_only=True)
class QuarterScenarios:
    """Takes one of six ways to a quarter of the size, then strong JPEG.

    Sides that are multiples of 16 come out as multiples of 4.

    Attributes:
        names: Names of `SCENARIOS`, of which one is chosen for a clip, all equally often.
        quality: Quality of the JPEG, from 1 (bad) to 100.
        quality_step: Drift of it.
        motion_length: Length of the motion blur at the small size, in px; its angle is 0, 90, 45 or
            -45 degrees.
    """

    names: tuple[str, ...] = tuple(SCENARIOS)
    quality: tuple[float, float] = (20.0, 50.0)
    quality_step: float = 3.0
    motion_length: tuple[float, float] = (2.0, 7.0)

    def __post_init__(self) -> None:
        """Refuse settings that cannot work."""
        check_choices("names", self.names, SCENARIOS)
        check_range("quality", self.quality, least=1, most=100)
        check_number("quality_step", self.quality_step, least=0)
        check_range("motion_length", self.motion_length, least=0, most=200)

    def __call__(self, clip: Clip, random: np.random.Generator) -> Clip:
        """Degrade a clip; see `Degradation`."""
        name = str(random.choice(self.names))
        steps = [*SCENARIOS[name]]
        if name == "motion":
            angle = float(random.choice(MOTION_ANGLES))
            steps.append(MotionBlur(length=self.motion_length, angle=(angle, angle)))
        for degrade in (*steps, Jpeg(quality=self.quality, quality_step=self.quality_step)):
            clip = degrade(clip, random)
        return clip
