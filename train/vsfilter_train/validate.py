"""Measuring a network on clips that it is not trained on."""

import math
from collections.abc import Sequence
from functools import partial

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from vsfilter.metrics import mean_psnr, psnr
from vsfilter.resize import imresize_to

from . import processes
from .frame_limit import FrameLimit
from .pairs import HeldPair
from .precision import MixedPrecision

Pixels = NDArray[np.uint8]
SHOWN_FRAMES = 5
CONTEXT = 8
"""Frames on each side that help those of a part, where the memory does not suffice for the whole
clip; fewer beside parts that are shorter still. With 8 no frame of the second `fast-x4` lost more
than 0.002 dB (docs/windows.md), so that figures before and after compare."""


def validate(module: nn.Module, pairs: Sequence[HeldPair], precision: MixedPrecision) -> float:
    """Restore whole clips; give the mean luma PSNR over clips, in dB.

    Each process restores its share of the clips.

    Args:
        module: Maps (b, t, 3, h, w) to (b, t, 3, scale * h, scale * w).
        pairs: The clips, the same in all processes.
        precision: Of the convolutions; says where the module is.
    """
    values, limit = [], FrameLimit(precision.device)
    for number in processes.own(len(pairs)):
        pair = pairs[number]
        restore = partial(_restore_in_parts, module, pair.low, precision)
        restored = limit.run(restore, len(pair.low), pair.name)
        frames = zip(restored, pair.high, strict=True)
        values.append(mean_psnr(psnr(a, b, luma=True) for a, b in frames))
    return mean_over_clips(values, precision.device)


def mean_over_clips(values: Sequence[float], device: torch.device) -> float:
    """Give the mean over all clips, of which each process has its share.

    Clips without a finite value, such as black ones, say nothing of the others; infinity where no
    clip has one.
    """
    finite = [value for value in values if math.isfinite(value)]
    total, count = float(sum(finite)), float(len(finite))
    if processes.is_shared():
        sums = torch.tensor((total, count), dtype=torch.float32, device=device)
        total, count = processes.add_up(sums).tolist()
    return total / count if count else math.inf


def to_clip(frames: Pixels, precision: MixedPrecision) -> Tensor:
    """Turn (t, h, w, 3) into (t, 3, h, w), float32, RGB in [0, 1]."""
    return torch.from_numpy(frames).to(precision.device).permute(0, 3, 1, 2).float() / 255


def show(module: nn.Module, pair: HeldPair, precision: MixedPrecision) -> Pixels:
    """Put input, restored frame and ground truth of the middle of a clip side by side.

    Returns:
        (scale * h, 3 * scale * w, 3), RGB.
    """
    middle = len(pair.low) // 2
    start = max(0, middle - SHOWN_FRAMES // 2)
    low = pair.low[start : start + SHOWN_FRAMES]
    restore = partial(_restore_in_parts, module, low, precision)
    restored = FrameLimit(precision.device).run(restore, len(low), pair.name)
    scale = pair.high.shape[1] // pair.low.shape[1]
    enlarged = pair.low[middle].repeat(scale, axis=0).repeat(scale, axis=1)
    return np.concatenate((enlarged, restored[middle - start], pair.high[middle]), axis=1)


def _restore_in_parts(
    module: nn.Module, low: Pixels, precision: MixedPrecision, core: int
) -> Pixels:
    """Restore frames as `_restore` does, so many at a time, each part with context."""
    context, parts = min(CONTEXT, core - 1), []
    for start in range(0, len(low), core):
        first = max(0, start - context)
        restored = _restore(module, low[first : start + core + context], precision)
        parts.append(restored[start - first :][:core])
    return np.concatenate(parts)


@torch.inference_mode()
def _restore(module: nn.Module, low: Pixels, precision: MixedPrecision) -> Pixels:
    """Restore frames (t, h, w, 3) to (t, scale * h, scale * w, 3), RGB."""
    clip = to_clip(low, precision)
    with precision.autocast():
        restored: Tensor = module(clip.unsqueeze(0))[0]
    pictures = (restored.float().clamp(0, 1) * 255).round().byte().permute(0, 2, 3, 1)
    return np.asarray(pictures.cpu().numpy())


def bicubic_quality(pairs: Sequence[HeldPair]) -> float:
    """Give what MATLAB's bicubic reaches in the place of a network, in dB."""
    values = []
    for pair in pairs:
        height, width = pair.high.shape[1:3]
        enlarged = (imresize_to(frame, width=width, height=height) for frame in pair.low)
        frames = zip(enlarged, pair.high, strict=True)
        values.append(mean_psnr(psnr(a, b, luma=True) for a, b in frames))
    return mean_psnr(values)
