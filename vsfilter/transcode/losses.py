"""What an output will lack of its input, known before any work."""

from __future__ import annotations

import logging
from pathlib import Path

from vsfilter.errors import SinkError
from vsfilter.sinks.encoding.encoder import EncoderSettings, choose_encoder
from vsfilter.sinks.encoding.picture_losses import picture_losses
from vsfilter.sinks.image_path import is_image_target
from vsfilter.sinks.image_streams import plan_images
from vsfilter.sinks.streams.stream_plan import plan_file
from vsfilter.transcode.output_picture import STDOUT
from vsfilter.transcode.plan import Plan, streams_from

_LOG = logging.getLogger(__name__)


def announce_losses(plan: Plan, encoder: EncoderSettings, *, strict: bool) -> None:
    """Say what the picture will lack; the sink says what the other streams do.

    Args:
        plan: What will be done.
        encoder: How the output is encoded.
        strict: Whether anything that is lost, of picture or streams, is an error.

    Raises:
        SinkError: `strict`, and something is lost; the message names what.
    """
    lost = _picture_losses(plan, encoder)
    of_streams = _stream_losses(plan)
    if strict and (everything := lost + of_streams):
        raise SinkError(
            f"--strict: {plan.target!r} would lack something of {plan.source!r}: "
            f"{'; '.join(everything)}: choose another container or encoder, or leave --strict out"
        )
    if plan.target == STDOUT:  # its sink knows of frames alone
        lost += of_streams
    if lost:
        _LOG.warning("lost in the output: %s", "; ".join(lost))


def _picture_losses(plan: Plan, settings: EncoderSettings) -> list[str]:
    clip = plan.clip
    encoder = None
    if plan.target != STDOUT:
        suffix = Path(plan.target).suffix.lower()
        encoder = choose_encoder(settings, clip.format, suffix=suffix, has_alpha=clip.has_alpha)
    losses = picture_losses(clip, plan.restored.format, encoder)
    if clip.rotation or clip.is_flipped:
        turned = "that players turn the picture, which {} cannot say (see --rotate)"
        if plan.target == STDOUT:
            losses.append(turned.format("Y4M"))
        elif is_image_target(plan.target):
            losses.append(turned.format("images"))
    return losses


def _stream_losses(plan: Plan) -> list[str]:
    origin = streams_from(plan.source)
    if origin is None:
        return []
    if plan.target == STDOUT or is_image_target(plan.target):
        return plan_images(origin).losses()
    return plan_file(origin, suffix=Path(plan.target).suffix).losses()
