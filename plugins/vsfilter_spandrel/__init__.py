"""Single-image models of the spandrel library as a vsfilter plugin."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import Any

from vsfilter.plugin import Backend, Model, Precision, hookimpl


def _load(
    weights: str | Path | None,
    *,
    device: str,
    precision: Precision,
    **options: Any,  # Any: checked by name below
) -> Model:
    from vsfilter.plugin import refuse_options
    from vsfilter.weights import resolve_weights

    from .checkpoint import read_descriptor
    from .library import require_spandrel
    from .model import SpandrelModel

    refuse_options("spandrel", options)
    require_spandrel()
    file = resolve_weights(weights, SPANDREL.weights, backend="spandrel")
    descriptor = read_descriptor(file, scales=SPANDREL.scales)
    return SpandrelModel(descriptor, device=device, precision=precision)


def _recognises(keys: Iterable[str]) -> bool:
    from .library import has_spandrel

    if not has_spandrel():
        return False
    from .checkpoint import recognises

    return recognises(keys)


SPANDREL = Backend(
    name="spandrel",
    summary="a single-image model of the spandrel library, frame by frame: --weights FILE",
    scales=(1, 2, 3, 4, 8, 16),  # the file decides
    core=8,
    context=0,
    load=_load,
    recognises=_recognises,
    recognises_rest=True,  # of its many architectures some have few keys
    licence="Apache-2.0",
)


@hookimpl
def vsfilter_backends() -> list[Backend]:
    """Return the backends of this plugin."""
    return [SPANDREL]
