"""IconVSR as a backend. This file runs for every `--help`, so it does not import torch."""

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
    from .iconvsr_checkpoint import load_network
    from .iconvsr_options import parse_options
    from .model import RecurrentModel

    refuse_options("iconvsr", {key: v for key, v in options.items() if key != "keyframe_stride"})
    parse_options(options)
    file = resolve_weights(weights, ICONVSR.weights, backend="iconvsr")
    network = load_network(read_checkpoint(file), keyframe_stride=options.get("keyframe_stride"))
    return RecurrentModel(network, device=device, precision=precision)


def _recognises(keys: Iterable[str]) -> bool:
    from .iconvsr_checkpoint import recognises

    return recognises(keys)


def _create(**options: Any) -> nn.Module:  # Any: checked by the dataclass
    from .iconvsr_checkpoint import build
    from .iconvsr_options import parse_options

    return build(parse_options(options))


def _read_options(checkpoint: Checkpoint) -> dict[str, Any]:  # Any: JSON values
    from dataclasses import asdict

    from .iconvsr_checkpoint import read_options, rename

    return asdict(read_options(rename(checkpoint.state)))


ICONVSR = Backend(
    name="iconvsr",
    summary="BasicVSR refilled at keyframes by EDVR's alignment; clean video, finer detail",
    scales=(4,),
    core=25,  # a multiple of the default stride, as the context: keyframes stay in place
    context=5,
    may_ghost=True,
    load=_load,
    weights=read_published(Path(__file__).parent / "published" / "iconvsr.toml"),
    recognises=_recognises,
    create=_create,
    read_options=_read_options,
    paper="BasicVSR: The Search for Essential Components in Video Super-Resolution, CVPR 2021",
    licence="Apache-2.0",
)
