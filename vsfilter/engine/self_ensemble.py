"""A better picture for more time: the mean over a clip that is turned and mirrored."""

from __future__ import annotations

from itertools import product

import torch
from torch import Tensor

from vsfilter.plugin import Model

WAYS = tuple(product((False, True), ((), (-1,), (-2,), (-1, -2))))
"""Whether rows and columns are swapped, and the axes that are reversed then: all eight."""


class SelfEnsemble:
    """Restores a clip in each of the eight ways in which it can lie, and gives the mean.

    Errors of a network differ from one to the other; Timofte et al., Seven Ways to Improve
    Example-Based Single Image Super Resolution, CVPR 2016, section 3.5.

    Args:
        model: The model.
    """

    def __init__(self, model: Model) -> None:
        self._model = model
        self.module = getattr(model, "module", None)

    @property
    def scale(self) -> int:
        """See `Model`."""
        return self._model.scale

    def restore(self, frames: Tensor, keep: slice = slice(None)) -> Tensor:
        """See `Model`."""
        mean: Tensor | None = None
        for is_swapped, axes in WAYS:
            turned = frames.transpose(-2, -1) if is_swapped else frames
            restored = self._model.restore(turned.flip(axes).contiguous(), keep).flip(axes)
            upright = restored.transpose(-2, -1) if is_swapped else restored
            mean = torch.zeros_like(upright) if mean is None else mean
            mean.add_(upright, alpha=1 / len(WAYS))
        assert mean is not None  # there are ways
        return mean
