"""What a transcode will do, known before its first frame."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path

from vsfilter.clip import ClipInfo
from vsfilter.colour import target_colour
from vsfilter.engine.restorer import Restorer
from vsfilter.frame import PixelFormat
from vsfilter.sinks.encoder import EncoderSettings, choose_encoder

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
    device: str
    precision: str
    core: int
    context: int


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
        device=loaded.device,
        precision=loaded.precision,
        core=restorer.grid.core,
        context=restorer.grid.context,
    )
