"""BasicVSR, IconVSR and BasicVSR++ as a vsfilter plugin."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from vsfilter.named_weights import read_published
from vsfilter.plugin import Backend, Model, Precision, hookimpl

from .bundled import BUNDLED

if TYPE_CHECKING:
    from collections.abc import Iterable

    from torch import nn

    from vsfilter.weights import Checkpoint

PUBLISHED = Path(__file__).parent / "published"


def _load(
    weights: str | Path | None,
    *,
    device: str,
    precision: Precision,
    **options: Any,  # Any: checked by name below
) -> Model:
    from vsfilter.plugin import refuse_options
    from vsfilter.weights import read_checkpoint, resolve_weights

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


def _load_plus_plus(
    weights: str | Path | None,
    *,
    device: str,
    precision: Precision,
    **options: Any,  # Any: checked by name below
) -> Model:
    from vsfilter.plugin import refuse_options
    from vsfilter.weights import read_checkpoint, resolve_weights

    from .basicvsrpp_checkpoint import load_network
    from .model import RecurrentModel

    refuse_options("basicvsrpp", options)
    file = resolve_weights(weights, BASICVSRPP.weights, backend="basicvsrpp")
    network = load_network(read_checkpoint(file))
    return RecurrentModel(network, device=device, precision=precision)


def _recognises_plus_plus(keys: Iterable[str]) -> bool:
    from .basicvsrpp_checkpoint import recognises

    return recognises(keys)


def _create_plus_plus(**options: Any) -> nn.Module:  # Any: checked by the dataclass
    from .basicvsrpp_checkpoint import build
    from .basicvsrpp_options import parse_options

    return build(parse_options(options))


def _read_options_plus_plus(checkpoint: Checkpoint) -> dict[str, Any]:  # Any: JSON values
    from dataclasses import asdict

    from .basicvsrpp_checkpoint import read_options
    from .checkpoint import rename

    options = asdict(read_options(rename(checkpoint.state)))
    return {**options.pop("shape"), **options}


BASICVSR = Backend(
    name="basicvsr",
    summary="recurrent, both directions, aligned by optical flow; clean video",
    scales=(2, 4),
    core=24,
    context=6,
    may_ghost=True,
    load=_load,
    weights=BUNDLED + read_published(PUBLISHED / "basicvsr.toml"),
    recognises=_recognises,
    create=_create,
    read_options=_read_options,
    paper="BasicVSR: The Search for Essential Components in Video Super-Resolution, CVPR 2021",
    licence="Apache-2.0",
)


def _load_icon(
    weights: str | Path | None,
    *,
    device: str,
    precision: Precision,
    **options: Any,  # Any: checked by name below
) -> Model:
    from vsfilter.plugin import refuse_options
    from vsfilter.weights import read_checkpoint, resolve_weights

    from .iconvsr_checkpoint import load_network
    from .iconvsr_options import parse_options
    from .model import RecurrentModel

    refuse_options("iconvsr", {key: v for key, v in options.items() if key != "keyframe_stride"})
    parse_options(options)
    file = resolve_weights(weights, ICONVSR.weights, backend="iconvsr")
    network = load_network(read_checkpoint(file), keyframe_stride=options.get("keyframe_stride"))
    return RecurrentModel(network, device=device, precision=precision)


def _recognises_icon(keys: Iterable[str]) -> bool:
    from .iconvsr_checkpoint import recognises

    return recognises(keys)


def _create_icon(**options: Any) -> nn.Module:  # Any: checked by the dataclass
    from .iconvsr_checkpoint import build
    from .iconvsr_options import parse_options

    return build(parse_options(options))


def _read_options_icon(checkpoint: Checkpoint) -> dict[str, Any]:  # Any: JSON values
    from dataclasses import asdict

    from .iconvsr_checkpoint import read_options, rename

    return asdict(read_options(rename(checkpoint.state)))


ICONVSR = Backend(
    name="iconvsr",
    summary="BasicVSR refilled at keyframes by EDVR's alignment; clean video, finer detail",
    scales=(4,),
    core=25,  # core and context are multiples of the stride: keyframes stay in place
    context=5,
    may_ghost=True,
    load=_load_icon,
    weights=read_published(PUBLISHED / "iconvsr.toml"),
    recognises=_recognises_icon,
    create=_create_icon,
    read_options=_read_options_icon,
    paper="BasicVSR: The Search for Essential Components in Video Super-Resolution, CVPR 2021",
    licence="Apache-2.0",
)

BASICVSRPP = Backend(
    name="basicvsrpp",
    summary="four passes, deformable alignment; clean video, or noise and blur at the same size",
    scales=(4, 1),
    core=24,
    context=6,
    may_ghost=True,
    load=_load_plus_plus,
    weights=read_published(PUBLISHED / "basicvsrpp.toml"),
    recognises=_recognises_plus_plus,
    create=_create_plus_plus,
    read_options=_read_options_plus_plus,
    paper="BasicVSR++: Improving Video Super-Resolution with Enhanced Propagation and Alignment, "
    "CVPR 2022",
    licence="Apache-2.0",
)


@hookimpl
def vsfilter_backends() -> list[Backend]:
    """Return the backends of this plugin."""
    return [BASICVSR, ICONVSR, BASICVSRPP]
