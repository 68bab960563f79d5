"""Trio as a vsfilter plugin. This file runs for every `--help`, so it does not import torch."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from vsfilter.plugin import Backend, Model, Precision, hookimpl, refuse_options
from vsfilter.weights import NamedWeights

if TYPE_CHECKING:
    from collections.abc import Iterable

    from torch import nn


def _load(
    weights: str | Path | None,
    *,
    device: str,
    precision: Precision,
    **options: Any,  # Any: refused by name
) -> Model:
    from .model import load

    refuse_options("trio", options)
    return load(weights, TRIO.weights, device=device, precision=precision)


def _create(**options: Any) -> nn.Module:  # Any: checked by name and type
    from .model import create

    return create(**options)


def _recognises(keys: Iterable[str]) -> bool:
    return {"spynet.refine.0.weight", "body.0.weight", "body.2.first.weight"} <= set(keys)


TRIO = Backend(
    name="trio",
    summary="three frames at a time, twice as large; small and quick",
    scales=(2,),
    core=16,
    context=1,  # it looks one frame to each side
    may_ghost=True,  # the neighbours may show what this frame does not
    load=_load,
    weights=(
        NamedWeights(
            name="trio-x2",
            file=Path(__file__).parent / "weights" / "trio-x2.safetensors",
            scale=2,
            sha256="d83f20cd182f7d750c8acc1bfc74b5cf65ab31c3ded31e5e589a51c6f96808fa",
            source="trained by vsfilter, recipe trio_x2",
            licence="Apache-2.0",
            degradation=("BI",),
        ),
    ),
    recognises=_recognises,
    create=_create,
    licence="Apache-2.0",
)


@hookimpl
def vsfilter_backends() -> list[Backend]:
    """Return the backends of this plugin."""
    return [TRIO]
