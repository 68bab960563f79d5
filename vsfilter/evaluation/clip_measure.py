"""Measures of a restored clip against the true one, and of bicubic beside it."""

from __future__ import annotations

from contextlib import ExitStack
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from vsfilter.closing import Closing
from vsfilter.evaluation.filter_measures import FilterMeasure
from vsfilter.evaluation.flicker import Flicker
from vsfilter.metrics import mean_psnr, psnr, ssim

Pixels = NDArray[np.uint8]
BORDER = 2
"""Frames at each end of a clip that EDVR's reports call its border: half of a window of five."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Score:
    """The result on one clip, as means over its frames; equal frames count in no PSNR.

    Attributes:
        clip: Name of the clip.
        frames: Frames measured.
        psnr_y: PSNR of the luma, in dB.
        ssim_y: SSIM of the luma.
        bicubic_psnr_y: PSNR of the luma of MATLAB's bicubic, in dB; at scale 1, of the input.
        bicubic_ssim_y: SSIM of the luma of MATLAB's bicubic.
        psnr_rgb: PSNR of all channels, in dB.
        ssim_rgb: SSIM of all channels.
        centre_psnr_y: `psnr_y` without the two frames at each end.
        border_psnr_y: `psnr_y` of these.
        flicker: How far changes from frame to frame are from the true ones: mean absolute
            difference of the luma, in grey levels; 0 for a still picture.
        measures: VMAF and XPSNR, where they were wanted.
        curves: `psnr_y` and `bicubic_psnr_y` of each frame.
    """

    clip: str
    frames: int
    psnr_y: float
    ssim_y: float
    bicubic_psnr_y: float
    bicubic_ssim_y: float
    psnr_rgb: float
    ssim_rgb: float
    centre_psnr_y: float
    border_psnr_y: float
    flicker: float
    measures: dict[str, float]
    curves: dict[str, list[float]]

    @property
    def margin(self) -> float:
        """PSNR above bicubic, in dB; NaN where no frame tells."""
        return self.psnr_y - self.bicubic_psnr_y


class ClipMeasure(Closing):
    """Measures a clip while its frames come.

    Args:
        crop: Border of a frame that is not compared, in px.
        measures: VMAF or XPSNR, of whole frames, beside PSNR and SSIM.
    """

    def __init__(self, *, crop: int, measures: tuple[str, ...]) -> None:
        self._crop, self._names = crop, measures
        self._rows: list[tuple[float, ...]] = []
        self._flicker = Flicker()
        self._filters: dict[str, FilterMeasure] = {}
        self._stack = ExitStack()

    def close(self) -> None:
        """Close what the measures hold."""
        self._stack.close()

    def add(self, restored: Pixels, truth: Pixels, bicubic: Pixels) -> None:
        """Add a frame, (h, w, 3), RGB."""
        if not self._rows:
            height, width, _ = truth.shape
            for name in self._names:
                measure = FilterMeasure(name, width=width, height=height)
                self._filters[name] = self._stack.enter_context(measure)
        luma = [_compare(x, truth, self._crop, luma=True) for x in (restored, bicubic)]
        self._rows.append((*luma[0], *luma[1], *_compare(restored, truth, self._crop, luma=False)))
        self._flicker.add(restored, truth)
        for measure in self._filters.values():
            measure.add(restored, truth)

    def score(self, clip: str, *, is_centre: bool) -> Score:
        """Give the means over the frames of a clip, or the values of its middle frame."""
        rows = np.array(self._rows)
        counted = rows[len(rows) // 2][None] if is_centre else rows
        # of frames that one of both restores without an error, such as black ones, none tells more
        differing = counted[np.isfinite(counted[:, [0, 2]]).all(axis=1)]
        means = counted.mean(axis=0).tolist()
        is_border = np.ones(len(rows), dtype=bool)
        is_border[BORDER : len(rows) - BORDER] = False
        centre = rows[~is_border] if not is_border.all() else rows
        return Score(
            clip=clip,
            frames=len(counted),
            psnr_y=mean_psnr(differing[:, 0]),
            ssim_y=means[1],
            bicubic_psnr_y=mean_psnr(differing[:, 2]),
            bicubic_ssim_y=means[3],
            psnr_rgb=mean_psnr(counted[:, 4]),
            ssim_rgb=means[5],
            centre_psnr_y=mean_psnr(centre[:, 0]),
            border_psnr_y=mean_psnr(rows[is_border, 0]),
            flicker=self._flicker.mean(),
            measures={name: measure.result() for name, measure in self._filters.items()},
            curves={"psnr_y": rows[:, 0].tolist(), "bicubic_psnr_y": rows[:, 2].tolist()},
        )


def _compare(a: Pixels, b: Pixels, crop: int, *, luma: bool) -> tuple[float, float]:
    return psnr(a, b, crop=crop, luma=luma), ssim(a, b, crop=crop, luma=luma)
