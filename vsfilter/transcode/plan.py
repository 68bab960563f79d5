"""What a transcode will do, known before its first frame."""

from __future__ import annotations

import logging
from dataclasses import dataclass, replace
from pathlib import Path

from vsfilter.clip import ClipInfo
from vsfilter.cluster.worker_pool import WorkerPool
from vsfilter.engine.clip_restorer import ClipRestorer
from vsfilter.engine.geometry import Settled
from vsfilter.engine.model_pool import ModelPool
from vsfilter.engine.restorer import Restorer
from vsfilter.engine.settings import Settings
from vsfilter.input_limits import is_playlist
from vsfilter.output_size import SizeSettings, output_size, wished_scale
from vsfilter.rgb_converter import RgbToFrame
from vsfilter.transcode.output_picture import OutputPicture

_LOG = logging.getLogger(__name__)


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
        plugin: Name and version of the package that the model is of.
        quality: What was asked for: "fast", "good" or "best".
        device: The torch device.
        precision: The lowest precision in use.
        scale: How many times the model enlarges; where that is not the size of the output, the
            rest is resizing.
        core: Frames delivered by a window.
        context: Frames read on each side of the core.
        tile: Side of the tiles in which frames are restored, in px; None for whole ones.
        excerpt: The part of the input that is wanted, in words; None for all of it.
        fields: What was found of the fields of the input, and what is done with them, in words.
    """

    source: str
    target: str
    clip: ClipInfo
    restored: ClipInfo
    model: str
    weights: str
    weights_sha256: str
    plugin: str
    quality: str
    device: str
    precision: str
    scale: int
    core: int
    context: int
    tile: int | None
    excerpt: str | None = None
    fields: str | None = None


def streams_from(source: str) -> Path | None:
    """Give the file whose streams are copied, if the input is a container.

    Of playlists, as of URLs, only the pictures are read.
    """
    path = Path(source)
    is_bare = path.suffix.lower() in (".vpy", ".y4m") or is_playlist(source)
    return None if is_bare or not path.is_file() else path


def open_restorer(
    clip: ClipInfo,
    settings: Settings,
    size: SizeSettings,
    models: ModelPool | WorkerPool | None = None,
    earlier: Settled | None = None,
) -> ClipRestorer:
    """Load the model that a clip and the wished size ask for.

    Args:
        clip: The clip.
        settings: How to restore.
        size: What the user wishes of the output's size.
        models: Where a model may be already: here, or with workers.
        earlier: Windows and tiles of an earlier run of the same.

    Raises:
        VsfilterError: It cannot be loaded, or the settings do not fit it.
    """
    wish = wished_scale(clip, settings.scale, size)
    settings = replace(settings, scale=wish)
    width, height = clip.width, clip.height
    if isinstance(models, WorkerPool):
        return models.open(settings, width=width, height=height, earlier=earlier)
    return Restorer(settings, width=width, height=height, pool=models, settled=earlier)


def make_plan(
    source: str,
    target: str,
    clip: ClipInfo,
    output: OutputPicture,
    restorer: ClipRestorer,
) -> Plan:
    """Collect what was chosen for a transcode.

    Raises:
        OptionError: The output would be too large.
    """
    wish = restorer.settings.scale or restorer.scale
    if wish > restorer.scale:
        _LOG.warning(
            "the model enlarges by %d; what is wished beyond that is plain resizing", restorer.scale
        )
    size = output_size(clip, wish, output.size, output.format)
    restored = replace(
        clip,
        width=size.width,
        height=size.height,
        sample_aspect_ratio=size.sample_aspect_ratio,
        format=output.format,
        colour=output.colour,
    )
    facts = restorer.facts
    return Plan(
        source=source,
        target=target,
        clip=clip,
        restored=restored,
        model=facts.backend,
        weights=facts.weights,
        weights_sha256=facts.weights_sha256,
        plugin=facts.plugin,
        quality=restorer.settings.quality,
        device=facts.device,
        precision=facts.precision,
        scale=facts.scale,
        core=restorer.grid.core,
        context=restorer.grid.context,
        tile=restorer.geometry.tile,
    )


def frame_converter(plan: Plan) -> RgbToFrame:
    """Give the converter of the model's pictures to the frames of the output."""
    before, after = plan.clip, plan.restored
    return RgbToFrame(
        after.format,
        width=after.width,
        height=after.height,
        rgb_size=(before.width * plan.scale, before.height * plan.scale),
        colour=after.colour,
    )
