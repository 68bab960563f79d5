"""The same network as published code runs it: eager, float32, nothing kept between frames."""

from __future__ import annotations

from typing import Protocol

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from vsfilter.plugin import Model


class _Sliding(Protocol):
    """A network that restores each frame from a window of its own, such as EDVR."""

    def windows(self, frame_count: int, keep: slice) -> list[list[int]]:
        """List, for each kept frame of a clip, the frames that it is restored from."""


def plain_network(model: Model) -> nn.Module | None:
    """Take the network out of a model in fp32 and undo the layout chosen for it.

    Returns:
        None where the model does not show its network.
    """
    network = getattr(model, "module", None)
    if not isinstance(network, nn.Module):
        return None
    return network.float().to(memory_format=torch.contiguous_format)


def run_plainly(network: nn.Module, frames: Tensor, *, multiple: int = 1) -> Tensor:
    """Restore (t, 3, h, w), whole at once, or window by window.

    Args:
        network: Maps (b, t, 3, h, w) to (b, t, 3, scale * h, scale * w).
        frames: The clip.
        multiple: Sides are padded to multiples of this, and the result cropped.
    """
    h, w = frames.shape[-2:]
    padded = F.pad(frames, (0, -w % multiple, 0, -h % multiple), mode="replicate")
    # what networks do only where nobody asks for gradients is none of published code
    with torch.enable_grad():
        restored = _restore(network, padded.unsqueeze(0))
    scale = restored.shape[-1] // padded.shape[-1]
    return restored[..., : scale * h, : scale * w]


def _restore(network: nn.Module, clip: Tensor) -> Tensor:
    """Map (1, t, 3, h, w) to (t, 3, scale * h, scale * w)."""
    if not hasattr(network, "windows"):
        whole: Tensor = network(clip)[0]
        return whole
    sliding: _Sliding = network  # type: ignore[assignment]  # it has just been asked for
    windows = sliding.windows(clip.shape[1], slice(None))
    # where the restored frame stands; near the ends of the clip it may stand elsewhere too
    place = next(p for p in range(len(windows[0])) if all(w[p] == n for n, w in enumerate(windows)))
    keep = slice(place, place + 1)
    return torch.cat([network(clip[:, window], keep)[0] for window in windows])
