"""Measures of a restored clip for which there is no true one, and of bicubic beside it."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from vsfilter.errors import OptionError
from vsfilter.evaluation.flicker import Flicker
from vsfilter.evaluation.niqe import niqe

Pixels = NDArray[np.uint8]


@dataclass(frozen=True, slots=True, kw_only=True)
class RealScore:
    """The result on one clip, as means over its frames.

    Attributes:
        clip: Name of the clip.
        frames: Frames measured.
        niqe: NIQE, lower is more natural; see `vsfilter.evaluation.niqe`.
        bicubic_niqe: The same of MATLAB's bicubic.
        blur: scikit-image's blur effect, from 0 (sharp) to 1.
        bicubic_blur: The same of MATLAB's bicubic.
        flicker: How far changes from frame to frame are from those of bicubic: mean absolute
            difference of the luma, in grey levels.
        shift: Mean difference to bicubic of red, green and blue, the largest of them, in grey
            levels.
        curves: NIQE and blur of each frame, those of bicubic, and flicker: that of a frame is the
            change since the one before, and of the first one not a number.
    """

    clip: str
    frames: int
    niqe: float
    bicubic_niqe: float
    blur: float
    bicubic_blur: float
    flicker: float
    shift: float
    curves: dict[str, list[float]]


class RealMeasure:
    """Measures a clip while its frames come.

    Raises:
        OptionError: scikit-image is not installed.
    """

    def __init__(self) -> None:
        try:
            from skimage.measure import blur_effect
        except ImportError as error:
            raise OptionError(
                "measures without a true clip need scikit-image: pip install vsfilter[measures]"
            ) from error
        self._blur_effect: Callable[..., float] = blur_effect
        self._rows: list[tuple[float, ...]] = []
        self._shifts: list[NDArray[np.float64]] = []
        self._flicker = Flicker()

    def add(self, restored: Pixels, bicubic: Pixels) -> None:
        """Add a frame, (h, w, 3), RGB."""
        blurs = [float(self._blur_effect(x, channel_axis=-1)) for x in (restored, bicubic)]
        self._rows.append((niqe(restored), niqe(bicubic), *blurs))
        difference = restored.astype(np.float64) - bicubic
        self._shifts.append(difference.mean(axis=(0, 1)))
        self._flicker.add(restored, bicubic)

    def score(self, clip: str) -> RealScore:
        """Give the means over the frames of a clip."""
        names = ("niqe", "bicubic_niqe", "blur", "bicubic_blur")
        rows = np.array(self._rows)
        means = [float(value) for value in rows.mean(axis=0)]
        shifts = np.mean(self._shifts, axis=0)
        return RealScore(
            clip=clip,
            frames=len(self._rows),
            niqe=means[0],
            bicubic_niqe=means[1],
            blur=means[2],
            bicubic_blur=means[3],
            flicker=self._flicker.mean(),
            shift=float(shifts[np.abs(shifts).argmax()]),
            curves={
                **dict(zip(names, rows.T.tolist(), strict=True)),
                "flicker": [math.nan, *self._flicker.values],
            },
        )
