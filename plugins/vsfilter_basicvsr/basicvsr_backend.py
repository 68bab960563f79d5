"""BasicVSR as a backend. This file runs for every `--help`, so it does not import torch."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from vsfilter.plugin import Backend, Model, Precision, refuse_options
from vsfilter.weights import read_checkpoint, read_published, resolve_weights

from .bundled import BUNDLED

if TYPE_CHECKING:
    from collections.abc import Iterable

    from torch import nn

    from vsfilter.weights import Checkpoint


def _load(
    weights: str | Path | None,
    *,
    device: str,
    precision: Precision,
    **options: Any,  # Any: checked by name below
) -> Model:
    from .checkpoint import load_network
    from .model import RecurrentModel

    refuse_options("basicvsr", options)
    file = resolve_weights(weights, BASICVSR.weights, backend="basicvsr")
    return RecurrentModel(load_network(read_checkpoint(file)), device=device, precision=precision)


def _recognises(keys: Iterable[str]) -> bool:
    from .checkpoint import recognises

    return recognises(keys)


def _create(**options: Any) -> nn.Module:  # Any: checked by the dataclass
    from .checkpoint import build
    from .options import parse_options

    return build(parse_options(options))


def _read_options(checkpoint: Checkpoint) -> dict[str, Any]:  # Any: JSON values
    from dataclasses import asdict

    from .checkpoint import read_options, rename

    return asdict(read_options(rename(checkpoint.state)))


BASICVSR = Backend(
    name="basicvsr",
    summary="recurrent, both directions, aligned by optical flow; clean video",
    scales=(1, 2, 4),
    core=24,
    context=6,
    may_ghost=True,
    load=_load,
    weights=BUNDLED + read_published(Path(__file__).parent / "published" / "basicvsr.toml"),
    recognises=_recognises,
    create=_create,
    read_options=_read_options,
    paper="BasicVSR: The Search for Essential Components in Video Super-Resolution, CVPR 2021",
    licence="Apache-2.0",
)
