"""Options without which the output of an encoder is no function of its input."""

from __future__ import annotations

from collections.abc import Mapping

import cv2

_PARAMS = "x264-params"
_ASM = "asm=avx2"
_AVX512F = 13
"""CV_CPU_AVX_512F, for which OpenCV has no name in Python."""


def repeatable_options(encoder: str, options: Mapping[str, str]) -> dict[str, str]:
    """Keep x264 from its AVX-512 code, whose macroblock tree reads memory that nobody wrote.

    With it, each run gives other bytes: of 10 runs over 32 frames of 480x272 px, 4 to 10 differed.
    With AVX2 all 10 are equal, in the same time, and equal to those without any such code. What the
    user gives for `asm` stays.

    Args:
        encoder: FFmpeg's name of the encoder.
        options: The options of the encoder so far.
    """
    given = options.get(_PARAMS, "")
    if encoder != "libx264" or "asm=" in given or not _has_avx512():
        return dict(options)
    return {**options, _PARAMS: f"{given}:{_ASM}" if given else _ASM}


def _has_avx512() -> bool:
    """Tell whether x264 would use AVX-512: forced on other processors, AVX2 may end the process."""
    return cv2.checkHardwareSupport(_AVX512F)
