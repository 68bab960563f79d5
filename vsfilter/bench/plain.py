"""The same network as published code runs it: eager, float32, nothing kept between frames."""

from __future__ import annotations

from typing import Protocol

import torch
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


def run_plainly(network: nn.Module, frames: Tensor) -> Tensor:
    """Restore (t, 3, h, w), whole at once, or window by window."""
    clip = frames.unsqueeze(0)
    if not hasattr(network, "windows"):
        whole: Tensor = network(clip)[0]
        return whole
    sliding: _Sliding = network  # type: ignore[assignment]  # it has just been asked for
    windows = sliding.windows(len(frames), slice(None))
    # where the restored frame stands; near the ends of the clip it may stand elsewhere too
    place = next(p for p in range(len(windows[0])) if all(w[p] == n for n, w in enumerate(windows)))
    keep = slice(place, place + 1)
    return torch.cat([network(clip[:, window], keep)[0] for window in windows])
