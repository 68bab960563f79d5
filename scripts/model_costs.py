"""What a frame costs: parameters and operations of a network, counted without any data."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass
from unittest.mock import patch

import torch
from torch import nn
from torch.utils.flop_counter import FlopCounterMode

from vsfilter.plugin import Backend

WIDTH, HEIGHT = 320, 180


@dataclass(frozen=True, slots=True, kw_only=True)
class Cost:
    """What one network costs.

    Attributes:
        scale: Its upscaling factor.
        parameters: Numbers that training sets.
        gflops: For each delivered frame of 320x180 px of input, inside a long clip, with the
            backend's default core and context. A multiplication and an addition count as two;
            counted are convolutions and matrix products.
        gflops_alone: The same for a run of `core` frames with no context around it.
    """

    scale: int
    parameters: int
    gflops: float
    gflops_alone: float


def count_cost(
    backend: Backend, options: Mapping[str, object], *, context: int | None = None
) -> Cost:
    """Build a network without memory for its weights, and count.

    Args:
        backend: One that can build untrained networks.
        options: What the architecture differs in from the backend's defaults.
        context: Frames on each side of the core; None for as many as the backend takes by default.

    Raises:
        ValueError: The backend builds no networks.
    """
    if backend.create is None:
        raise ValueError(f"backend {backend.name!r} has no network to count")
    with torch.device("meta"):
        network = backend.create(**options).eval()
    return Cost(
        scale=_scale(network),
        parameters=sum(item.numel() for item in network.parameters()),
        gflops=_gflops(
            network, core=backend.core, context=backend.context if context is None else context
        ),
        gflops_alone=_gflops(network, core=backend.core, context=0),
    )


def _scale(network: nn.Module) -> int:
    with _counting():
        return int(network(torch.empty(1, 1, 3, 8, 8, device="meta")).shape[-1] // 8)


def _gflops(network: nn.Module, *, core: int, context: int) -> float:
    clips = torch.empty(1, core + 2 * context, 3, HEIGHT, WIDTH, device="meta")
    with _counting(), FlopCounterMode(display=False) as counter:
        network(clips, slice(context, context + core))
    return float(counter.get_total_flops()) / core / 1e9


@contextmanager
def _counting() -> Iterator[None]:
    """Let networks run on torch's device for shapes without values, which knows no autocast."""
    with torch.inference_mode(), patch.object(torch, "autocast", lambda *_, **__: nullcontext()):
        yield
