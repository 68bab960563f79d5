"""BasicVSR++ as a backend. This file runs for every `--help`, so it does not import torch."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from vsfilter.plugin import Backend, Model, Precision, refuse_options
from vsfilter.weights import read_checkpoint, read_published, resolve_weights

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
    from .basicvsrpp_checkpoint import load_network
    from .model import RecurrentModel

    refuse_options("basicvsrpp", options)
    file = resolve_weights(weights, BASICVSRPP.weights, backend="basicvsrpp")
    network = load_network(read_checkpoint(file))
    return RecurrentModel(network, device=device, precision=precision)


def _recognises(keys: Iterable[str]) -> bool:
    from .basicvsrpp_checkpoint import recognises

    return recognises(keys)


def _create(**options: Any) -> nn.Module:  # Any: checked by the dataclass
    from .basicvsrpp_checkpoint import build
    from .basicvsrpp_options import parse_options

    return build(parse_options(options))


def _read_options(checkpoint: Checkpoint) -> dict[str, Any]:  # Any: JSON values
    from dataclasses import asdict

    from .basicvsrpp_checkpoint import read_options
    from .checkpoint import rename

    options = asdict(read_options(rename(checkpoint.state)))
    return {**options.pop("shape"), **options}


BASICVSRPP = Backend(
    name="basicvsrpp",
    summary="four passes, deformable alignment; clean video, or noise and blur at the same size",
    scales=(4, 1),
    core=28,  # context costs 1.29 times the work of the whole clip; with 24 it was 1.34
    context=6,
    may_ghost=True,
    load=_load,
    weights=read_published(Path(__file__).parent / "published" / "basicvsrpp.toml"),
    recognises=_recognises,
    create=_create,
    read_options=_read_options,
    paper="BasicVSR++: Improving Video Super-Resolution with Enhanced Propagation and Alignment, "
    "CVPR 2022",
    licence="Apache-2.0",
)
