"""What came of a comparison."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

from vsfilter.clip import ClipInfo
from vsfilter.compare.pairing import Pairs
from vsfilter.compare.picture_file import ShownPictures
from vsfilter.compare.picture_maker import UprightSize


@dataclass(frozen=True, slots=True, kw_only=True)
class ComparedClip:
    """One of the two clips.

    Attributes:
        path: What the user gave.
        info: What holds for every frame.
        size: Size of its pictures after they are turned, before they are enlarged.
        frame_count: Its frames, compared or not.
        duration_s: Time from its first frame to its end, in s; None where it was not read to its
            end.
    """

    path: str
    info: ClipInfo
    size: UprightSize
    frame_count: int
    duration_s: float | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Comparison:
    """Two clips, measured pair by pair.

    Attributes:
        a: The first clip.
        b: The second clip.
        size: Size at which the pictures are measured and shown.
        pairs: Which frames belong together.
        times_s: Of each pair, counted from the first frame of A, in s.
        psnr_y: PSNR of each pair's luma, in dB; infinity for equal pictures.
        ssim_y: SSIM of each pair's luma.
        worst_psnr: Numbers of the pairs with the lowest PSNR, worst first; without equal pairs.
        worst_ssim: The same by SSIM.
        pictures: The pictures that are shown.
    """

    a: ComparedClip
    b: ComparedClip
    size: UprightSize
    pairs: Pairs
    times_s: Sequence[float]
    psnr_y: Sequence[float]
    ssim_y: Sequence[float]
    worst_psnr: Sequence[int]
    worst_ssim: Sequence[int]
    pictures: ShownPictures

    @property
    def equal_count(self) -> int:
        """Number of pairs without any difference."""
        return sum(math.isinf(value) for value in self.psnr_y)

    @property
    def mean_psnr_y(self) -> float:
        """Mean PSNR over the pairs that differ, in dB; infinity where none does."""
        finite = [value for value in self.psnr_y if math.isfinite(value)]
        return math.fsum(finite) / len(finite) if finite else math.inf

    @property
    def mean_ssim_y(self) -> float:
        """Mean SSIM over all pairs."""
        return math.fsum(self.ssim_y) / len(self.ssim_y)
