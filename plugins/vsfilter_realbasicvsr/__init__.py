"""RealBasicVSR as a vsfilter plugin."""

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


def _read_options(checkpoint: Checkpoint) -> dict[str, Any]:  # Any: JSON values
    from dataclasses import asdict

    from .checkpoint import read_options, rename

    options = asdict(read_options(rename(checkpoint.state)))
    inner = options.pop("basicvsr")
    return {**options, **inner}


REALBASICVSR = Backend(
    name="realbasicvsr",
    summary="cleans each frame, then BasicVSR; noisy, blurred and compressed video",
    scales=(2, 4),
    core=24,
    context=6,
    may_ghost=True,
    load=_load,
    weights=BUNDLED + read_published(Path(__file__).parent / "published" / "realbasicvsr.toml"),
    recognises=_recognises,
    create=_create,
    read_options=_read_options,
    paper="Investigating Tradeoffs in Real-World Video Super-Resolution, CVPR 2022",
    licence="Apache-2.0",
)


@hookimpl
def vsfilter_backends() -> list[Backend]:
    """Return the backends of this plugin."""
    return [REALBASICVSR]
