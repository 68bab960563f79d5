"""A whole input restored into a whole output: what `vsr-transcode` does."""

from __future__ import annotations

import logging
import sys
from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import dataclass, replace
from pathlib import Path

from vsfilter.clip import ClipInfo
from vsfilter.discovery import find_source
from vsfilter.engine.read_ahead import ReadAhead
from vsfilter.engine.restorer import Restorer
from vsfilter.engine.settings import Settings
from vsfilter.engine.stream import Picture, restore_clip
from vsfilter.errors import SinkError
from vsfilter.frame import Frame, PixelFormat
from vsfilter.rgb_converter import FrameToRgb, RgbToFrame
from vsfilter.sinks.encoder import EncoderSettings, choose_encoder
from vsfilter.sinks.output_path import check_output
from vsfilter.sinks.pyav_sink import FileSink
from vsfilter.sinks.y4m_sink import Y4MSink

log = logging.getLogger(__name__)
FRAMES_AHEAD = 8
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


@dataclass(frozen=True, slots=True, kw_only=True)
class Callbacks:
    """What the caller wants to hear about.

    Attributes:
        begin: Called once, before the first frame.
        frame: Called after each frame with the number of frames done.
    """

    begin: Callable[[Plan], None] = lambda plan: None
    frame: Callable[[int], None] = lambda done: None


def plan_only(
    source: str, target: str, *, settings: Settings, encoder: EncoderSettings, overwrite: bool
) -> Plan:
    """Open everything but the output, and tell what a transcode would do.

    Raises:
        VsfilterError: As in `transcode`, as far as it shows before the first frame.
    """
    _check_target(source, target, overwrite=overwrite)
    with ExitStack() as stack:
        reader = stack.enter_context(find_source(source).open(source))
        format = _target_format(reader.info, target, encoder)
        restorer = stack.enter_context(_restorer(settings, reader.info))
        return _make_plan(source, target, reader.info, format, restorer)


def transcode(  # noqa: PLR0913  # the promised entry point: what, how, and who is told
    source: str,
    target: str,
    *,
    settings: Settings,
    encoder: EncoderSettings,
    overwrite: bool = False,
    callbacks: Callbacks | None = None,
) -> int:
    """Restore an input into an output; all that is not the video is copied.

    Decoding, restoring and encoding overlap; memory does not depend on the length of the clip.

    Args:
        source: A file, a folder of images, a `.vpy` script, or `-` for Y4M on standard input.
        target: A file, or `-` for Y4M on standard output.
        settings: How to restore.
        encoder: How to encode.
        overwrite: Whether an existing output may be replaced.
        callbacks: Told about the plan and the progress.

    Returns:
        Number of frames written.

    Raises:
        VsfilterError: Something cannot be read, restored or written; no output is left behind.
    """
    callbacks = callbacks or Callbacks()
    _check_target(source, target, overwrite=overwrite)
    with ExitStack() as stack:
        reader = stack.enter_context(find_source(source).open(source))
        format = _target_format(reader.info, target, encoder)
        restorer = stack.enter_context(_restorer(settings, reader.info))
        plan = _make_plan(source, target, reader.info, format, restorer)
        callbacks.begin(plan)
        sink = _open_sink(plan, encoder, overwrite=overwrite)
        stack.enter_context(sink)
        to_rgb = FrameToRgb(reader.info)
        to_frame = RgbToFrame(format, width=plan.restored.width, height=plan.restored.height)

        def prepare(frame: Frame) -> Picture:
            if frame.field_order != "progressive":
                log.warning("the input is interlaced: deinterlace it first for a good result")
            return Picture(frame=frame, rgb=to_rgb.convert(frame))

        pictures = stack.enter_context(ReadAhead(reader, prepare, ahead=FRAMES_AHEAD))
        done = 0
        for picture in restore_clip(pictures, restorer):
            sink.write(to_frame.convert(picture.rgb, picture.frame))
            done += 1
            callbacks.frame(done)
        _check_count(done, reader.info)
    return done


def _check_target(source: str, target: str, *, overwrite: bool) -> None:
    if target != STDOUT:
        origin = Path(source) if Path(source).is_file() else None
        check_output(Path(target), streams_from=origin, overwrite=overwrite)


def _restorer(settings: Settings, clip: ClipInfo) -> Restorer:
    return Restorer(settings, width=clip.width, height=clip.height)


def _target_format(clip: ClipInfo, target: str, encoder: EncoderSettings) -> PixelFormat:
    """Give the format of the output: the source's, or the nearest that the encoder takes."""
    if target == STDOUT:
        is_planar_yuv = clip.format.family != "rgb" and not clip.format.is_float
        return clip.format if is_planar_yuv else PixelFormat(family="yuv", bits=16)
    return choose_encoder(encoder, clip.format, suffix=Path(target).suffix.lower()).format


def _make_plan(
    source: str, target: str, clip: ClipInfo, format: PixelFormat, restorer: Restorer
) -> Plan:
    colour = clip.colour.resolved(clip.format, height=clip.height)
    restored = replace(
        clip,
        width=clip.width * restorer.scale,
        height=clip.height * restorer.scale,
        format=format,
        colour=colour,
    )
    loaded = restorer.loaded
    weights = restorer.settings.weights
    named = loaded.backend.weights
    return Plan(
        source=source,
        target=target,
        clip=clip,
        restored=restored,
        model=loaded.backend.name,
        weights=str(weights or (named[0].name if named else "none")),
        device=loaded.device,
        precision=loaded.precision,
        core=restorer.grid.core,
        context=restorer.grid.context,
    )


def _open_sink(plan: Plan, encoder: EncoderSettings, *, overwrite: bool) -> FileSink | Y4MSink:
    if plan.target == STDOUT:
        return Y4MSink(sys.stdout.buffer, plan.restored)
    origin = Path(plan.source)
    has_streams = origin.is_file() and origin.suffix.lower() not in (".vpy", ".y4m")
    return FileSink(
        Path(plan.target),
        plan.restored,
        encoder,
        streams_from=origin if has_streams else None,
        overwrite=overwrite,
    )


def _check_count(done: int, clip: ClipInfo) -> None:
    if clip.frame_count is not None and done != clip.frame_count:
        raise SinkError(f"{done} frames were written, but the input has {clip.frame_count}")
