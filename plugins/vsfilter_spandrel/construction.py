"""How much a network may take that is made as a file describes it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import torch
from torch import Tensor
from torch.utils._python_dispatch import TorchDispatchMode
from torch.utils._pytree import tree_iter, tree_map_only

from vsfilter.errors import WeightsError

if TYPE_CHECKING:
    from vsfilter.weights import Checkpoint

_BYTES_RATIO, _BYTES_MORE = 4, 1 << 30
"""A network is as large as its file, or twice as large where that is in float16. Transformers add
tables of positions: SwinIR with small windows and few layers 2.5 times its file, less than 3 MB."""
_TENSORS_RATIO, _TENSORS_MORE = 16, 1000
"""A network makes a tensor for each of its file, and some for tables (SwinIR 1.5)."""


class Construction(TorchDispatchMode):
    """While it is entered, no tensors are made beyond what a file can be the reason for.

    spandrel reads sizes off shapes and keys. Two shapes of a few kilobytes each may describe a
    product of terabytes, and one key a thousand layers. So the size of each new tensor is asked of
    torch's `meta` device, which has no memory, before the tensor is made.

    Args:
        checkpoint: The file.

    Raises:
        WeightsError: At the first tensor too many.
    """

    def __init__(self, checkpoint: Checkpoint) -> None:
        super().__init__()  # type: ignore[no-untyped-call]  # torch's has no types
        state = checkpoint.state.values()
        self._path = checkpoint.path
        self._bytes = _BYTES_RATIO * sum(map(_size, state)) + _BYTES_MORE
        self._tensors = _TENSORS_RATIO * len(state) + _TENSORS_MORE

    def __torch_dispatch__(
        self, func: Any, types: Any, args: Any = (), kwargs: Any = None
    ) -> object:  # Any: torch's own signature
        kwargs = kwargs or {}
        if not (func.is_view or func._schema.is_mutable):
            self._count(func, args, kwargs)
        return func(*args, **kwargs)

    def _count(self, func: Any, args: Any, kwargs: Any) -> None:  # Any: as above
        args, kwargs = tree_map_only(Tensor, _outline, (args, kwargs))
        if any(argument.name == "device" for argument in func._schema.arguments):
            kwargs = {**kwargs, "device": "meta"}
        try:
            made = func(*args, **kwargs)
        except RuntimeError:
            return  # it gives numbers, as `item` does, or fails with real tensors too
        tensors = [each for each in tree_iter(made) if isinstance(each, Tensor)]
        self._tensors -= len(tensors)
        self._bytes -= sum(map(_size, tensors))
        if min(self._tensors, self._bytes) < 0:
            raise WeightsError(
                f"weights '{self._path}' describe a network far larger than the file: it is "
                "damaged or made to harm"
            )


def _outline(tensor: Tensor) -> Tensor:
    """Give a tensor of the same shape without memory."""
    return torch.empty_strided(tensor.shape, tensor.stride(), dtype=tensor.dtype, device="meta")


def _size(tensor: Tensor) -> int:
    return tensor.numel() * tensor.element_size()
