"""What a transcode will do, known before its first frame."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path

from vsfilter.clip import ClipInfo
from vsfilter.colour import target_colour
from vsfilter.engine.load import LoadedModel
from vsfilter.engine.restorer import Restorer
from vsfilter.errors import WeightsError
from vsfilter.frame import PixelFormat
from vsfilter.plugin import Backend
from vsfilter.sinks.encoder import EncoderSettings, choose_encoder
from vsfilter.sinks.output_path import check_output
from vsfilter.weights import resolve_weights, split_stages
from vsfilter.weights_folder import sha256

STDOUT = "-"


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """What will be done, before it is begun.

    Attributes:
        source: The input as the user gave it.
        target: The output as the user gave it.
        clip: The input's clip.
        restored: The output's clip.
        model: Name of the backend.
        weights: What the user gave, or the name of the default set.
        weights_sha256: Hash of the weights' files, in hex; empty where there is none.
        device: The torch device.
        precision: The lowest precision in use.
        core: Frames delivered by a window.
        context: Frames read on each side of the core.
    """

    source: str
    target: str
    clip: ClipInfo
    restored: ClipInfo
    model: str
    weights: str
    weights_sha256: str
    device: str
    precision: str
    core: int
    context: int


def check_target(source: str, target: str, *, overwrite: bool) -> None:
    """Refuse an output that must not or cannot be written, before any work is done.

    Raises:
        SinkError: As `check_output` tells.
    """
    if target != STDOUT:
        origin = Path(source) if Path(source).is_file() else None
        check_output(Path(target), streams_from=origin, overwrite=overwrite)


def streams_from(source: str) -> Path | None:
    """Give the file whose streams are copied, if the input is a container."""
    path = Path(source)
    return path if path.is_file() and path.suffix.lower() not in (".vpy", ".y4m") else None


def choose_format(clip: ClipInfo, target: str, encoder: EncoderSettings) -> PixelFormat:
    """Give the format of the output: the source's, or the nearest that the encoder takes."""
    if target == STDOUT:
        is_planar_yuv = clip.format.family != "rgb" and not clip.format.is_float
        return clip.format if is_planar_yuv else PixelFormat(family="yuv", bits=16)
    return choose_encoder(encoder, clip.format, suffix=Path(target).suffix.lower()).format


def make_plan(
    source: str, target: str, clip: ClipInfo, format: PixelFormat, restorer: Restorer
) -> Plan:
    """Collect what was chosen for a transcode."""
    colour = target_colour(clip.colour.resolved(clip.format, height=clip.height), format)
    restored = replace(
        clip,
        width=clip.width * restorer.scale,
        height=clip.height * restorer.scale,
        format=format,
        colour=colour,
    )
    loaded = restorer.loaded
    bundled = loaded.backend.bundled
    return Plan(
        source=source,
        target=target,
        clip=clip,
        restored=restored,
        model=loaded.backend.name,
        weights=str(loaded.weights or (bundled[0].name if bundled else "none")),
        weights_sha256=_weights_sha256(loaded),
        device=loaded.device,
        precision=loaded.precision,
        core=restorer.grid.core,
        context=restorer.grid.context,
    )


def _weights_sha256(loaded: LoadedModel) -> str:
    """Give the hash of the weights in use, of all stages where there are several."""
    backend = loaded.backend
    if loaded.weights is None:
        return backend.bundled[0].sha256 if backend.bundled else ""
    return "+".join(_stage_sha256(stage, backend) for stage in split_stages(loaded.weights))


def _stage_sha256(weights: str, backend: Backend) -> str:
    try:
        return sha256(resolve_weights(weights, backend.weights, backend=backend.name))
    except WeightsError:
        return weights  # the plugin has its own way of finding them: their name must do
