"""Measuring a network on clips that it is not trained on."""

from collections.abc import Sequence

import numpy as np
import torch
from torch import Tensor, nn

from vsfilter.metrics import psnr
from vsfilter.resize import imresize_to

from .data import Pair


@torch.inference_mode()
def validate(module: nn.Module, pairs: Sequence[Pair], *, device: torch.device) -> float:
    """Restore whole clips; give the mean luma PSNR over clips, in dB.

    Args:
        module: Maps (b, t, 3, h, w) to (b, t, 3, scale * h, scale * w).
        pairs: The clips.
        device: Where the module is.
    """
    values = []
    for pair in pairs:
        low = torch.from_numpy(pair.low).to(device).permute(0, 3, 1, 2).float() / 255
        with torch.autocast(device.type, torch.bfloat16):
            restored: Tensor = module(low.unsqueeze(0))[0]
        pictures = (restored.float().clamp(0, 1) * 255).round().byte().permute(0, 2, 3, 1)
        frames = zip(pictures.cpu().numpy(), pair.high, strict=True)
        values.append(np.mean([psnr(a, b, luma=True) for a, b in frames]))
    return float(np.mean(values))


def bicubic_quality(pairs: Sequence[Pair]) -> float:
    """Give what MATLAB's bicubic reaches in the place of a network, in dB."""
    values = []
    for pair in pairs:
        height, width = pair.high.shape[1:3]
        enlarged = (imresize_to(frame, width=width, height=height) for frame in pair.low)
        frames = zip(enlarged, pair.high, strict=True)
        values.append(np.mean([psnr(a, b, luma=True) for a, b in frames]))
    return float(np.mean(values))
