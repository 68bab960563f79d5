"""What appears or vanishes must not leave a ghost in the frames beside it.

A temporal model trusts the neighbours of a frame. Where a burnt-in subtitle is in one frame and
not in the next, it may keep a trace of what is no longer there. Two facts give this away for any
model: made small again, a ghost does not look like the input, and the same frame restored alone
does. There the frame restored alone takes over.
"""

from __future__ import annotations

from collections.abc import Callable
from itertools import pairwise

import torch
import torch.nn.functional as F
from torch import Tensor

GUARD_WORDS = ("auto", "on", "off")

CELL_PX = 8
SUDDEN = 0.08
"""Mean difference of a cell, out of 1, from which a change can be a switch."""
SUDDEN_RATIO = 3.0
"""How much larger than the usual one of its cell the difference is: motion goes on."""
SUDDEN_CELLS = 0.002
"""Share of the cells that has to change at once."""

BLUR_PX = 5
"""Grain and noise, which a model may remove, cancel out over this width; ghosts do not."""
TRACE, GHOST = 0.02, 0.05
"""Disagreement, out of 1, from which a frame alone is mixed in, and at which it takes over."""
TRACE_AREA = 0.0005
"""Share of a frame that has to disagree before it is restored alone."""


def has_switch(frames: Tensor) -> bool:
    """Tell whether something in a run of frames appears or vanishes at once.

    Args:
        frames: (t, 3, h, w), RGB in [0, 1].
    """
    if len(frames) < 2:
        return False
    changes = torch.cat(
        [  # pair by pair: all differences of a run would take as much memory as the run
            F.avg_pool2d((after - before).abs().amax(0)[None], CELL_PX, ceil_mode=True)
            for before, after in pairwise(frames)
        ]
    )
    usual = changes.median(dim=0).values
    is_sudden = (changes > SUDDEN) & (changes > SUDDEN_RATIO * usual)
    return bool((is_sudden.float().mean(dim=(1, 2)) > SUDDEN_CELLS).any())


def remove_ghosts(
    restored: Tensor, frames: Tensor, restore_alone: Callable[[int], Tensor]
) -> Tensor:
    """Replace what the neighbours of a frame brought into it and what its input does not show.

    Args:
        restored: (n, 3, scale * h, scale * w), the result of a temporal model.
        frames: (n, 3, h, w), RGB in [0, 1], what it was made of.
        restore_alone: Restores the frame of that index without its neighbours: (3, scale * h,
            scale * w). Called only for frames that need it.

    Returns:
        (n, 3, scale * h, scale * w): `restored` itself where there was nothing to do.
    """
    guarded = restored
    for index, (result, frame) in enumerate(zip(restored, frames, strict=True)):
        trace = _disagreement(result, frame)
        if (trace > TRACE).float().mean() < TRACE_AREA:
            continue
        alone = restore_alone(index)
        excess = trace - _disagreement(alone, frame)
        share = ((excess - TRACE) / (GHOST - TRACE)).clamp(0, 1)[None, None]
        if not share.any():
            continue
        share = _blur(F.max_pool2d(share, BLUR_PX, stride=1, padding=BLUR_PX // 2))
        share = F.interpolate(share, size=result.shape[-2:], mode="bilinear")[0]
        if guarded is restored:
            guarded = restored.clone()
        guarded[index] = torch.lerp(result, alone, share)
    return guarded


def _disagreement(result: Tensor, frame: Tensor) -> Tensor:
    """Compare a result (3, scale * h, scale * w), made small, with its input; (h, w), of 0 to 1."""
    small = F.adaptive_avg_pool2d(result.clamp(0, 1), (frame.shape[-2], frame.shape[-1]))
    return _blur((small - frame)[None])[0].abs().amax(0)


def _blur(maps: Tensor) -> Tensor:
    """Average over a square around each pixel; (n, c, h, w)."""
    return F.avg_pool2d(maps, BLUR_PX, stride=1, padding=BLUR_PX // 2, count_include_pad=False)
