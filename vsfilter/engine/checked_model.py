"""A model held to its contract: sides that it accepts go in, what it promised comes out."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Self

import torch
import torch.nn.functional as F
from torch import Tensor

from vsfilter.engine.load import LoadedModel
from vsfilter.engine.model_errors import blame_model
from vsfilter.errors import PluginError
from vsfilter.plugin import Model


@dataclass(frozen=True, slots=True, kw_only=True)
class CheckedModel:
    """A model that takes any size and is stopped when it breaks its promise.

    Attributes:
        model: The model.
        name: Name of its backend, for messages.
        multiple: Sides of what the model sees are padded to a multiple of this, in px.
    """

    model: Model
    name: str
    multiple: int

    @classmethod
    def of(cls, loaded: LoadedModel) -> Self:
        """Hold a model that was loaded to the contract of its backend."""
        backend = loaded.backend
        return cls(model=loaded.model, name=backend.name, multiple=backend.multiple)

    @property
    def scale(self) -> int:
        """How many times larger the output is."""
        return self.model.scale

    def restore(self, frames: Tensor, keep: slice = slice(None)) -> Tensor:
        """Pad to what the model needs, restore, check the contract, and crop.

        Args:
            frames: (t, 3, h, w), float32, RGB in [0, 1].
            keep: The frames whose output is wanted.

        Returns:
            (kept frames, 3, scale * h, scale * w), float32.

        Raises:
            PluginError: The model fails, or its output has another shape or type than it should, or
                is on another device.
            DeviceError: Its device is lost.
        """
        t, _, h, w = frames.shape
        padded = F.pad(frames, (0, -w % self.multiple, 0, -h % self.multiple), mode="replicate")
        with blame_model(self.name):
            restored = self.model.restore(padded, keep)
        if not isinstance(restored, Tensor):
            raise PluginError(
                f"model {self.name!r} returned a {type(restored).__name__} instead of a tensor: it "
                "is broken"
            )
        kept = len(range(*keep.indices(t)))
        expected = (kept, 3, *(self.scale * side for side in padded.shape[-2:]))
        given = (restored.dtype, tuple(restored.shape), restored.device)
        wanted = (torch.float32, expected, padded.device)
        if given != wanted:
            raise PluginError(
                f"model {self.name!r} returned {_words(*given)} instead of {_words(*wanted)}: it "
                "is broken"
            )
        return restored[..., : self.scale * h, : self.scale * w]


def _words(dtype: torch.dtype, shape: tuple[int, ...], device: torch.device) -> str:
    return f"{dtype} {shape} on {device}"
