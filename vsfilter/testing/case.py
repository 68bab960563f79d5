"""A backend under test: how to load it, and what is said when it breaks a promise."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from vsfilter.discovery import find_backend
from vsfilter.engine.checked_model import CheckedModel
from vsfilter.engine.load import LoadedModel, load_model
from vsfilter.plugin import Backend, Model

TOLERANCE = 1e-4
"""Largest difference of results that should be equal: other shapes take other code in torch."""


class BrokenPromiseError(AssertionError):
    """A backend breaks its contract; the message is one line."""


@dataclass(frozen=True, kw_only=True)
class Case:
    """A backend with weights and options, as a user would load it.

    The model is loaded when the first check needs it, and kept.

    Attributes:
        backend: Name of an installed backend.
        weights: A file or a named set; None for the backend's default.
        options: Options of the model.
        module_options: Options of the network that `Backend.create` makes, such as a small one;
            empty takes those that the weights record.
        is_trained: Whether the weights are; nothing is asked of the colours of random ones.
        device: Where the checks run.
        has_exact_windows: Windows of the default core and context give exactly the frames of the
            whole clip. True for sliding windows whose context covers their radius; a recurrent
            model cannot promise it.
    """

    backend: str
    weights: str | Path | None = None
    options: Mapping[str, Any] = field(default_factory=dict)  # Any: each backend checks its own
    module_options: Mapping[str, Any] = field(default_factory=dict)  # Any: as above
    is_trained: bool = True
    device: str = "cpu"
    has_exact_windows: bool = False

    @cached_property
    def loaded(self) -> LoadedModel:
        """The model in fp32, with its record; what goes wrong is raised as it is."""
        return self.load()

    @cached_property
    def record(self) -> Backend:
        """What the plugin offers."""
        return find_backend(self.backend)

    def load(
        self,
        *,
        weights: str | Path | None = None,
        device: str | None = None,
        precision: str = "fp32",
        **options: Any,  # Any: as above
    ) -> LoadedModel:
        """Load the model anew, as the engine does.

        Args:
            weights: Other weights than those of the case.
            device: Another device than that of the case.
            precision: The lowest that the model may use.
            options: Further options.
        """
        return load_model(
            self.backend,
            self.weights if weights is None else weights,
            device=device or self.device,
            precision=precision,
            **{**self.options, **options},
        )

    def restore(
        self, frames: Tensor, keep: slice = slice(None), *, model: Model | None = None
    ) -> Tensor:
        """Restore as the engine does: sides padded, shape and type checked, no graph.

        Args:
            frames: (t, 3, h, w), float32, RGB in [0, 1].
            keep: The frames whose output is wanted.
            model: Another one than that of the case.

        Raises:
            BrokenPromiseError: The model fails, or gives another shape, type or device.
        """
        t, _, h, w = frames.shape
        promise = f"restores {t} frames of {w}x{h} px with keep={show(keep)}"
        model = self.loaded.model if model is None else model
        checked = CheckedModel(model=model, name=self.backend, multiple=self.record.multiple)
        with self.blame(promise), torch.inference_mode():
            return checked.restore(frames, keep)

    def expect(self, is_kept: bool, promise: str, came: str) -> None:
        """Hold a promise.

        Raises:
            BrokenPromiseError: It is not kept.
        """
        if not is_kept:
            raise BrokenPromiseError(f"backend {self.backend!r}: {promise}, but {came}")

    def expect_equal(self, a: Tensor, b: Tensor, promise: str, *, tolerance: float) -> None:
        """Hold two results to differ by no more than a tolerance.

        Raises:
            BrokenPromiseError: They differ by more, or in shape.
        """
        self.expect(a.shape == b.shape, promise, f"the shapes are {show(a)} and {show(b)}")
        farthest = (a - b).abs().amax().item() if a.numel() else 0.0
        within = f" (within {tolerance:g})" if tolerance else ""
        self.expect(farthest <= tolerance, promise + within, f"values differ by {farthest:.2g}")

    @contextmanager
    def blame(self, promise: str) -> Iterator[None]:
        """Turn what the plugin raises into the line of a broken promise."""
        try:
            yield
        except BrokenPromiseError:
            raise
        except Exception as error:  # the plugin border: strangers raise anything
            text = " ".join(str(error).split())
            raise BrokenPromiseError(
                f"backend {self.backend!r}: {promise}, but it raised {type(error).__name__}: {text}"
            ) from error


def make_clip(frame_count: int, height: int, width: int, *, seed: int = 0) -> Tensor:
    """Make a clip of noise that moves by 1 px a frame: (t, 3, h, w), float32, in [0, 1]."""
    generator = torch.Generator().manual_seed(seed)
    picture = torch.rand(3, height, width + frame_count - 1, generator=generator)
    return torch.stack([picture[..., n : n + width] for n in range(frame_count)])


def show(value: slice | Tensor) -> str:
    """Write a slice as it is typed, a tensor as its shape."""
    if isinstance(value, Tensor):
        return str(tuple(value.shape))
    return ":".join("" if end is None else str(end) for end in (value.start, value.stop))
