"""A whole input restored into a whole output: what `vsr-transcode` does."""

from __future__ import annotations

import logging
import sys
from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import dataclass, replace
from pathlib import Path

from vsfilter.clip import ClipInfo
from vsfilter.engine.read_ahead import ReadAhead
from vsfilter.engine.restorer import Restorer
from vsfilter.engine.settings import Settings
from vsfilter.engine.stream import Picture, restore_clip
from vsfilter.errors import SinkError
from vsfilter.excerpt_reader import ExcerptReader
from vsfilter.excerpt_times import ExcerptFrame
from vsfilter.input_settings import InputSettings
from vsfilter.rgb_converter import FrameToRgb, RgbToFrame
from vsfilter.sinks.encoder import EncoderSettings
from vsfilter.sinks.output_path import check_output
from vsfilter.sinks.pyav_sink import FileSink
from vsfilter.sinks.y4m_sink import Y4MSink
from vsfilter.transcode_input import OpenInput, open_input
from vsfilter.transcode_plan import STDOUT, Plan, choose_format, make_plan

log = logging.getLogger(__name__)
FRAMES_AHEAD = 8


@dataclass(frozen=True, slots=True, kw_only=True)
class Callbacks:
    """What the caller wants to hear about.

    Attributes:
        begin: Called once, before the first frame.
        frame: Called after each frame with the number of frames done.
    """

    begin: Callable[[Plan], None] = lambda plan: None
    frame: Callable[[int], None] = lambda done: None


def plan_only(  # noqa: PLR0913  # the same as for transcode
    source: str,
    target: str,
    *,
    settings: Settings,
    encoder: EncoderSettings,
    reading: InputSettings | None = None,
    overwrite: bool,
) -> Plan:
    """Open everything but the output, and tell what a transcode would do.

    Raises:
        VsfilterError: As in `transcode`, as far as it shows before the first frame.
    """
    _check_target(source, target, overwrite=overwrite)
    with ExitStack() as stack:
        opened = open_input(source, reading or InputSettings())
        reader = stack.enter_context(opened.reader)
        format = choose_format(reader.info, target, encoder)
        restorer = stack.enter_context(_restorer(settings, reader.info))
        excerpt = _excerpt(opened, reading, restorer)
        plan = make_plan(source, target, excerpt.info, format, restorer)
        return replace(plan, fields=opened.fields)


def transcode(  # noqa: PLR0913  # the promised entry point: what, how, and who is told
    source: str,
    target: str,
    *,
    settings: Settings,
    encoder: EncoderSettings,
    reading: InputSettings | None = None,
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
        reading: Which part of the input is wanted, and how fields become frames.
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
        opened = open_input(source, reading or InputSettings())
        reader = stack.enter_context(opened.reader)
        format = choose_format(reader.info, target, encoder)
        restorer = stack.enter_context(_restorer(settings, reader.info))
        excerpt = _excerpt(opened, reading, restorer)
        plan = make_plan(source, target, excerpt.info, format, restorer)
        callbacks.begin(replace(plan, fields=opened.fields))
        sink = _open_sink(plan, encoder, overwrite=overwrite)
        stack.enter_context(sink)
        to_rgb = FrameToRgb(reader.info)
        to_frame = RgbToFrame(format, width=plan.restored.width, height=plan.restored.height)

        wanted = 0

        def prepare(each: ExcerptFrame) -> Picture:
            nonlocal wanted
            wanted += each.is_wanted
            frame = each.frame
            if frame.field_order != "progressive":
                log.warning("the input is interlaced: use --deinterlace auto for a good result")
            return Picture(frame=frame, rgb=to_rgb.convert(frame), is_wanted=each.is_wanted)

        pictures = stack.enter_context(ReadAhead(excerpt, prepare, ahead=FRAMES_AHEAD))
        done = 0
        for picture in restore_clip(pictures, restorer, first=excerpt.first):
            sink.write(to_frame.convert(picture.rgb, picture.frame))
            done += 1
            callbacks.frame(done)
        if done != wanted:
            raise SinkError(f"{done} of {wanted} frames were written: this is a bug")
    return done


def _check_target(source: str, target: str, *, overwrite: bool) -> None:
    if target != STDOUT:
        origin = Path(source) if Path(source).is_file() else None
        check_output(Path(target), streams_from=origin, overwrite=overwrite)


def _restorer(settings: Settings, clip: ClipInfo) -> Restorer:
    return Restorer(settings, width=clip.width, height=clip.height)


def _excerpt(opened: OpenInput, reading: InputSettings | None, restorer: Restorer) -> ExcerptReader:
    excerpt = (reading or InputSettings()).excerpt
    return ExcerptReader(
        opened.reader, excerpt, restorer.grid, pictures_per_frame=opened.pictures_per_frame
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
