"""Blur and ringing by a kernel that drifts from frame to frame."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import cv2
import numpy as np

from vsfilter.errors import OptionError
from vsfilter_train.kernels import Kernel, gaussian, generalized_gaussian, plateau, sinc

from .degradation import Clip
from .drift import drift
from .setting_checks import check_choices, check_number, check_range, check_shares

PAPER_SHARES = {
    "iso": 0.405,
    "aniso": 0.225,
    "generalized_iso": 0.108,
    "generalized_aniso": 0.027,
    "plateau_iso": 0.108,
    "plateau_aniso": 0.027,
    "sinc": 0.1,
}
"""The shapes of Real-ESRGAN (section 3.2 and 3.3), each with its share."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Blur:
    """Blurs all frames with kernels of one shape and size.

    Wang et al., Real-ESRGAN, ICCVW 2021, section 3.2; the drift is RealBasicVSR's. The defaults
    are those of its first round.

    Attributes:
        shapes: Names of `PAPER_SHARES`, of which one is chosen for a clip.
        shares: How often each shape is chosen, with the sum 1; empty takes those of the paper.
        sizes: Sides of the kernel, odd, in px; one is chosen for a clip.
        sigma: Standard deviations, in px. `aniso` has two of them, and an angle.
        sigma_step: Drift of sigma, in px a frame.
        angle: Angle of the first axis, in radians.
        angle_step: Drift of the angle, in radians a frame.
        beta: Exponents of the generalized shapes.
        beta_step: Drift of beta.
        plateau_beta: Exponents of the plateau shapes.
        plateau_beta_step: Drift of plateau_beta.
        cutoff: Highest frequency that `sinc` lets pass, above 0 to pi, in radians per px. By
            default from pi / 3 (pi / 5 for sizes from 13) to pi.
        cutoff_step: Drift of the cutoff, in radians per px.
    """

    shapes: tuple[str, ...] = tuple(PAPER_SHARES)
    shares: tuple[float, ...] = ()
    sizes: tuple[int, ...] = (7, 9, 11, 13, 15, 17, 19, 21)
    sigma: tuple[float, float] = (0.2, 3.0)
    sigma_step: float = 0.02
    angle: tuple[float, float] = (-math.pi, math.pi)
    angle_step: float = math.pi / 10
    beta: tuple[float, float] = (0.5, 4.0)
    beta_step: float = 0.05
    plateau_beta: tuple[float, float] = (1.0, 2.0)
    plateau_beta_step: float = 0.1
    cutoff: tuple[float, float] | None = None
    cutoff_step: float = math.pi / 50

    def __post_init__(self) -> None:
        """Refuse settings of which no kernel can be made."""
        check_choices("shapes", self.shapes, PAPER_SHARES)
        if self.shares:
            check_shares("shares", self.shares, count=len(self.shapes))
        if not self.sizes or any(size < 1 or size % 2 == 0 for size in self.sizes):
            raise OptionError(f"sizes is {list(self.sizes)}: give odd numbers from 1")
        check_range("sigma", self.sigma, least=0.01)
        check_range("angle", self.angle, least=-2 * math.pi, most=2 * math.pi)
        check_range("beta", self.beta, least=0.01)
        check_range("plateau_beta", self.plateau_beta, least=0.01)
        if self.cutoff is not None:
            check_range("cutoff", self.cutoff, least=0.01, most=math.pi)
        for name in ("sigma", "angle", "beta", "plateau_beta", "cutoff"):
            check_number(f"{name}_step", getattr(self, f"{name}_step"), least=0)

    def __call__(self, clip: Clip, random: np.random.Generator) -> Clip:
        """Blur a clip; see `Degradation`."""
        shares = np.array(self.shares or [PAPER_SHARES[shape] for shape in self.shapes])
        shape = str(random.choice(self.shapes, p=shares / shares.sum()))
        size = int(random.choice(self.sizes))
        return filter_frames(clip, self._draw_kernels(shape, size, len(clip), random))

    def _draw_kernels(
        self, shape: str, size: int, count: int, random: np.random.Generator
    ) -> list[Kernel]:
        if shape == "sinc":
            bounds = self.cutoff or (math.pi / (3 if size < 13 else 5), math.pi)
            cutoffs = drift(random, bounds, step=self.cutoff_step, count=count)
            return [sinc(size, float(cutoff)) for cutoff in cutoffs]
        sigma_x = drift(random, self.sigma, step=self.sigma_step, count=count)
        sigma_y, angle = sigma_x, np.zeros(count)
        if shape.endswith("aniso"):
            sigma_y = drift(random, self.sigma, step=self.sigma_step, count=count)
            angle = drift(random, self.angle, step=self.angle_step, count=count)
        shapes = [
            (size, float(x), float(y), float(turn))
            for x, y, turn in zip(sigma_x, sigma_y, angle, strict=True)
        ]
        if shape.startswith("generalized"):
            betas = drift(random, self.beta, step=self.beta_step, count=count)
            return [
                generalized_gaussian(*values, beta=float(beta))
                for values, beta in zip(shapes, betas, strict=True)
            ]
        if shape.startswith("plateau"):
            betas = drift(random, self.plateau_beta, step=self.plateau_beta_step, count=count)
            return [
                plateau(*values, beta=float(beta))
                for values, beta in zip(shapes, betas, strict=True)
            ]
        return [gaussian(*values) for values in shapes]


def filter_frames(clip: Clip, kernels: Sequence[Kernel]) -> Clip:
    """Filter each frame with a kernel of its own, borders mirrored."""
    frames = [cv2.filter2D(frame, -1, kernel) for frame, kernel in zip(clip, kernels, strict=True)]
    filtered: Clip = np.clip(np.stack(frames), 0, 1)
    return filtered
