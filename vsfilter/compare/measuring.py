"""PSNR and SSIM of paired pictures, measured on all cores, in order."""

from __future__ import annotations

import os
from collections import deque
from collections.abc import Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass

from vsfilter.compare.picture_maker import Pixels
from vsfilter.metrics import luma_bt601, psnr, ssim

_PIXELS_AT_ONCE = 1 << 23
"""Most pixels that are measured at one time: SSIM needs about 100 bytes for each."""


@dataclass(frozen=True, slots=True, kw_only=True)
class MeasuredPair:
    """Two pictures and how far they are from each other.

    Attributes:
        index: Number of the pair.
        a: Picture of the first clip.
        b: Picture of the second clip.
        psnr_y: PSNR of the luma, in dB; infinity for equal pictures.
        ssim_y: SSIM of the luma.
    """

    index: int
    a: Pixels
    b: Pixels
    psnr_y: float
    ssim_y: float


def measure_pairs(pictures: Iterable[tuple[Pixels, Pixels]]) -> Iterator[MeasuredPair]:
    """Measure pictures of one size; as many pairs at a time as there are cores.

    Numbers are those of `vsfilter.metrics` on the BT.601 luma of 8-bit RGB, as in `vsr evaluate`.

    Raises:
        OptionError: A picture has a side of less than 11 px.
    """
    pending: deque[Future[MeasuredPair]] = deque()
    with ThreadPoolExecutor(os.cpu_count(), "vsfilter-measure") as pool:
        try:
            for index, (a, b) in enumerate(pictures):
                pending.append(pool.submit(_measure, index, a, b))
                at_once = max(1, _PIXELS_AT_ONCE // (a.shape[0] * a.shape[1]))
                if len(pending) >= min(os.cpu_count() or 1, at_once):
                    yield pending.popleft().result()
            while pending:
                yield pending.popleft().result()
        finally:
            for each in pending:
                each.cancel()


def _measure(index: int, a: Pixels, b: Pixels) -> MeasuredPair:
    luma_a, luma_b = luma_bt601(a), luma_bt601(b)
    return MeasuredPair(
        index=index, a=a, b=b, psnr_y=psnr(luma_a, luma_b), ssim_y=ssim(luma_a, luma_b)
    )
