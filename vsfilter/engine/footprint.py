"""How much memory a model takes for a window, foretold from windows of 64x64 px."""

from __future__ import annotations

import weakref
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor
from torch.utils._python_dispatch import TorchDispatchMode
from torch.utils._pytree import tree_iter

from vsfilter.engine.checked_model import CheckedModel
from vsfilter.engine.load import LoadedModel

_SIDE_PX = 64


@dataclass(frozen=True, slots=True, kw_only=True)
class Footprint:
    """What a model takes beside its weights and the frames that it is given, in bytes.

    Attributes:
        per_px: For each pixel of the input, whatever the number of frames.
        per_core_px: For each pixel of a frame whose result is wanted, the result included.
        per_context_px: For each pixel of another frame.
    """

    per_px: float
    per_core_px: float
    per_context_px: float

    def bytes(self, px: int, *, core: int, context: int) -> int:
        """Foretell what a run takes.

        Args:
            px: Pixels of a frame of the input.
            core: Frames whose result is wanted.
            context: Other frames, on both sides together.
        """
        per_px = self.per_px + core * self.per_core_px + context * self.per_context_px
        return int(px * per_px)


def measure_footprint(loaded: LoadedModel) -> Footprint:
    """Run a model on a few small frames and count the memory of the tensors that it makes.

    Few frames, since models that treat several frames at once do so up to a number of pixels.
    """
    two, four = _peak(loaded, 2, slice(0, 2)), _peak(loaded, 4, slice(0, 4))
    half = _peak(loaded, 4, slice(1, 3))
    per_core, per_context = max(0, four - two) / 2, max(0, half - two) / 2
    return Footprint(
        per_px=max(0, two - 2 * per_core) / _SIDE_PX**2,
        per_core_px=per_core / _SIDE_PX**2,
        per_context_px=per_context / _SIDE_PX**2,
    )


def _peak(loaded: LoadedModel, frame_count: int, keep: slice) -> int:
    noise = torch.rand(
        (frame_count, 3, _SIDE_PX, _SIDE_PX), generator=torch.Generator().manual_seed(0)
    )
    frames = noise.to(loaded.device)
    model = CheckedModel.of(loaded)
    live = _LiveBytes()
    with torch.inference_mode(), live:
        model.restore(frames, keep)
    return live.peak


class _LiveBytes(TorchDispatchMode):  # type: ignore[no-untyped-call]  # torch's has no types
    """Counts the bytes of all tensors that were made under it and still live."""

    def __init__(self) -> None:
        super().__init__()  # type: ignore[no-untyped-call]  # the same
        self.peak = 0
        self._now = 0
        self._seen: set[int] = set()

    def __torch_dispatch__(
        self, func: Any, types: Any, args: Any = (), kwargs: Any = None
    ) -> object:  # Any: torch's own signature
        made = func(*args, **(kwargs or {}))
        given = {id(each.untyped_storage()) for each in tree_iter(args) if isinstance(each, Tensor)}
        for each in tree_iter(made):
            if isinstance(each, Tensor):
                self._count(each.untyped_storage(), given)
        return made

    def _count(self, storage: torch.UntypedStorage, given: set[int]) -> None:
        key = id(storage)
        if key in self._seen or key in given:
            return
        self._seen.add(key)
        self._now += storage.nbytes()
        self.peak = max(self.peak, self._now)
        weakref.finalize(storage, self._forget, key, storage.nbytes())

    def _forget(self, key: int, size: int) -> None:
        self._seen.discard(key)
        self._now -= size
