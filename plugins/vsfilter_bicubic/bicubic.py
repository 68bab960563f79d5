"""Bicubic interpolation of each frame.

Keys, Cubic Convolution Interpolation for Digital Image Processing, 1981, with a = -0.5, as in
MATLAB's imresize and Pillow.
"""

import torch.nn.functional as F
from torch import Tensor


class Bicubic:
    """Interpolate frame by frame; time plays no part.

    Args:
        scale: Whole upscaling factor.
    """

    def __init__(self, scale: int) -> None:
        self.scale = scale

    def restore(self, frames: Tensor, keep: slice = slice(None)) -> Tensor:
        """Enlarge one run: (t, 3, h, w) to (kept frames, 3, scale * h, scale * w)."""
        # torch's plain bicubic has a = -0.75; its antialiased one has the -0.5 that is wanted
        return F.interpolate(frames[keep], scale_factor=self.scale, mode="bicubic", antialias=True)
