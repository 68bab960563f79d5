"""EDVR as a vsfilter plugin."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from vsfilter.plugin import Backend, Model, Precision, hookimpl
from vsfilter.weights import read_published

from .bundled import BUNDLED

if TYPE_CHECKING:
    from collections.abc import Iterable

    from torch import nn

    from vsfilter.weights import Checkpoint

CHOICES = ("center", "padding")
"""Options that no tensor shows."""


def _load(
    weights: str | Path | None,
    *,
    device: str,
    precision: Precision,
    **options: Any,  # Any: checked by name below
) -> Model:
    from vsfilter.errors import WeightsError
    from vsfilter.plugin import refuse_options
    from vsfilter.weights import read_checkpoint, resolve_weights, split_stages

    from .checkpoint import load_network
    from .model import EdvrModel, TwoStages

    refuse_options("edvr", {key: v for key, v in options.items() if key not in CHOICES})
    names = split_stages(weights) or (weights,)
    if len(names) > 2:
        raise WeightsError(f"weights '{weights}' name {len(names)} stages: give EDVR at most 2")
    stages = []
    for name in names:
        file = resolve_weights(name, EDVR.weights, backend="edvr")
        network = load_network(read_checkpoint(file), options)
        stages.append(EdvrModel(network, device=device, precision=precision))
    return stages[0] if len(stages) == 1 else TwoStages(*stages)


def _recognises(keys: Iterable[str]) -> bool:
    from .checkpoint import recognises

    return recognises(keys)


def _create(**options: Any) -> nn.Module:  # Any: checked by the dataclass
    from .edvr import EDVR
    from .options import parse_options
    from .start import keep_variance

    network = EDVR(parse_options(options))
    if network.design.has_predeblur:
        keep_variance(network)
    return network


def _read_options(checkpoint: Checkpoint) -> dict[str, Any]:  # Any: JSON values
    from .checkpoint import read_options

    return read_options(checkpoint)


EDVR = Backend(
    name="edvr",
    summary="sliding window, aligned by deformable convolutions; clean or blurred video",
    scales=(1, 4),
    core=8,
    context=6,  # "reflection_circle" takes frames from up to six away at the end of a clip
    may_ghost=True,
    load=_load,
    weights=BUNDLED + read_published(Path(__file__).parent / "published" / "edvr.toml"),
    recognises=_recognises,
    create=_create,
    read_options=_read_options,
    paper="EDVR: Video Restoration with Enhanced Deformable Convolutional Networks, CVPRW 2019",
    licence="Apache-2.0",
)


@hookimpl
def vsfilter_backends() -> list[Backend]:
    """Return the backends of this plugin."""
    return [EDVR]
