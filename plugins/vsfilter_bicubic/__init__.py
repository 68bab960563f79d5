"""Bicubic interpolation as a vsfilter plugin: the floor under every comparison.

It is also the shortest complete plugin, to be read or copied by those who write one.
"""

from __future__ import annotations

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
    from vsfilter.errors import OptionError, WeightsError
    from vsfilter.plugin import refuse_options

    from .bicubic import Bicubic

    if weights is not None:
        raise WeightsError(f"model 'bicubic' takes no weights, but got '{weights}'")
    scale = options.pop("scale", 4)
    refuse_options("bicubic", options)
    if not isinstance(scale, int) or scale not in BICUBIC.scales:
        raise OptionError(f"model 'bicubic' has no scale {scale!r}: choose from {BICUBIC.scales}")
    del device, precision  # it computes where its input lies, in float32
    return Bicubic(scale)


BICUBIC = Backend(
    name="bicubic",
    summary="antialiased bicubic interpolation, no weights",
    scales=(1, 2, 3, 4),
    core=8,
    context=0,
    load=_load,
    needs_weights=False,
    paper="Cubic Convolution Interpolation for Digital Image Processing, 1981",
    licence="Apache-2.0",
)


@hookimpl
def vsfilter_backends() -> list[Backend]:
    """Return the backends of this plugin."""
    return [BICUBIC]
