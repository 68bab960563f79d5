"""How well the flow of a network aligns the frames of clips that it is not trained on.

A flow that learns too fast beside a trunk that knows nothing yet is soon worse than none, and the
network learns to do without its neighbours. The quality alone does not show that.

Where flow and trunk learn together they may agree on a shift: the flow then moves a frame that is
compared with itself too, by a part of a pixel, and the trunk moves the features back. That spoils
nothing, so it is taken off here.
"""

from collections.abc import Sequence
from functools import partial

import torch
from torch import Tensor, nn

from vsfilter_basicvsr.warp import warp

from . import processes
from .frame_limit import FrameLimit
from .losses import Cleaning
from .pairs import HeldPair
from .precision import MixedPrecision
from .validate import mean_over_clips, to_clip

FRAMES = 8
"""Frames of a clip that are looked at, from its start."""
FLOOR = 1 / 255**2
"""Added to errors: what is less than a code value explains nothing."""


def flow_gain(
    module: nn.Module, flow: nn.Module, pairs: Sequence[HeldPair], precision: MixedPrecision
) -> float:
    """Give how much better the flow makes the next frame explain the one before it.

    Args:
        module: The network; its cleaned input is what the flow sees, where it cleans it.
        flow: Its flow network: maps two pictures (b, 3, h, w) to a flow (b, 2, h, w) in px.
        pairs: The clips, the same in all processes.
        precision: Of the convolutions; says where the network is.

    Returns:
        The mean over clips of the PSNR with the flow over that without one, in dB; more than 0 is
        better than none.
    """
    values, limit = [], FrameLimit(precision.device)
    for number in processes.own(len(pairs)):
        pair = pairs[number]
        clip = to_clip(pair.low[:FRAMES], precision)
        compute = partial(_gain, module, flow, clip, precision)
        values.append(limit.run(compute, len(clip) - 1, pair.name))
    return mean_over_clips(values, precision.device)


@torch.inference_mode()
def _gain(
    module: nn.Module, flow: nn.Module, clip: Tensor, precision: MixedPrecision, most: int
) -> float:
    """Compute the gain of a clip (t, 3, h, w), so many pairs of neighbours at a time."""
    count = len(clip) - 1
    errors = torch.zeros(2, device=clip.device)  # mean squares: without the flow, with it
    for start in range(0, count, most):
        part = clip[start : start + most + 1]
        errors += _errors(module, flow, part, precision) * ((len(part) - 1) / count)
    still, moved = errors + FLOOR
    return float(10 * torch.log10(still / moved).item())


def _errors(module: nn.Module, flow: nn.Module, clip: Tensor, precision: MixedPrecision) -> Tensor:
    """Compute the mean square error of each frame as the one before it, and after warping: (2,)."""
    with precision.autocast():
        if isinstance(module, Cleaning):
            clip = module.clean(clip.unsqueeze(0))[0].float()
        first, second = clip[:-1], clip[1:]
        agreed = flow(first, first).mean(dim=(2, 3), keepdim=True)
        along = warp(second, flow(first, second) - agreed, padding="border")
    return torch.stack([((each - first) ** 2).mean() for each in (second, along)])
