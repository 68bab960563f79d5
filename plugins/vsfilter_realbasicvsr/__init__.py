"""RealBasicVSR as a vsfilter plugin."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from vsfilter.plugin import Backend, Model, Precision, hookimpl

if TYPE_CHECKING:
    from collections.abc import Iterable

    from torch import nn


def _load(
    weights: str | Path | None,
    *,
    device: str,
    precision: Precision,
    **options: Any,  # Any: checked by the dataclass
) -> Model:
    from vsfilter.weights import read_checkpoint, resolve_weights

    from .checkpoint import load_network
    from .model import RealBasicVSRModel
    from .options import parse_refinement

    refinement = parse_refinement(options)
    file = resolve_weights(weights, REALBASICVSR.weights, backend="realbasicvsr")
    network = load_network(read_checkpoint(file), refinement)
    return RealBasicVSRModel(network, device=device, precision=precision)


def _recognises(keys: Iterable[str]) -> bool:
    from .checkpoint import recognises

    return recognises(keys)


def _create(**options: Any) -> nn.Module:  # Any: checked by the dataclass
    from .checkpoint import build
    from .options import Refinement, parse_options

    return build(parse_options(options), Refinement())


REALBASICVSR = Backend(
    name="realbasicvsr",
    summary="cleans each frame, then BasicVSR; noisy, blurred and compressed video",
    scales=(4,),
    core=24,
    context=6,
    may_ghost=True,
    load=_load,
    recognises=_recognises,
    create=_create,
    paper="Investigating Tradeoffs in Real-World Video Super-Resolution, CVPR 2022",
    licence="Apache-2.0",
)


@hookimpl
def vsfilter_backends() -> list[Backend]:
    """Return the backends of this plugin."""
    return [REALBASICVSR]
