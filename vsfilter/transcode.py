"""A whole input restored into a whole output: what `vsr-transcode` does."""

from __future__ import annotations

import logging
import sys
from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path

from vsfilter.clip import ClipInfo, ClipReader
from vsfilter.discovery import find_source
from vsfilter.engine.read_ahead import ReadAhead
from vsfilter.engine.restorer import Restorer
from vsfilter.engine.settings import Settings
from vsfilter.engine.stream import Picture, restore_clip
from vsfilter.errors import SinkError
from vsfilter.fidelity_settings import FidelitySettings
from vsfilter.frame import Frame
from vsfilter.rgb_converter import FrameToRgb, RgbToFrame
from vsfilter.rotated_reader import RotatedReader
from vsfilter.sinks.encoder import EncoderSettings
from vsfilter.sinks.output_path import check_output
from vsfilter.sinks.pyav_sink import FileSink
from vsfilter.sinks.y4m_sink import Y4MSink
from vsfilter.transcode_losses import announce_losses, origin_of_streams
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


def plan_only(  # noqa: PLR0913  # a promised entry point, with the parameters of `transcode`
    source: str,
    target: str,
    *,
    settings: Settings,
    encoder: EncoderSettings,
    overwrite: bool = False,
    fidelity: FidelitySettings | None = None,
) -> Plan:
    """Open everything but the output, and tell what a transcode would do.

    Raises:
        VsfilterError: As in `transcode`, as far as it shows before the first frame.
    """
    fidelity = fidelity or FidelitySettings()
    _check_target(source, target, overwrite=overwrite)
    with ExitStack() as stack:
        reader = stack.enter_context(_open_reader(source, fidelity))
        format = choose_format(reader.info, target, encoder)
        restorer = stack.enter_context(_restorer(settings, reader.info))
        plan = make_plan(source, target, reader.info, format, restorer)
        announce_losses(plan, encoder, strict=fidelity.strict)
        return plan


def transcode(  # noqa: PLR0913  # the promised entry point: what, how, and who is told
    source: str,
    target: str,
    *,
    settings: Settings,
    encoder: EncoderSettings,
    overwrite: bool = False,
    fidelity: FidelitySettings | None = None,
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
        fidelity: How true the output is to the input.
        callbacks: Told about the plan and the progress.

    Returns:
        Number of frames written.

    Raises:
        VsfilterError: Something cannot be read, restored or written; no output is left behind.
    """
    callbacks, fidelity = callbacks or Callbacks(), fidelity or FidelitySettings()
    _check_target(source, target, overwrite=overwrite)
    with ExitStack() as stack:
        reader = stack.enter_context(_open_reader(source, fidelity))
        format = choose_format(reader.info, target, encoder)
        restorer = stack.enter_context(_restorer(settings, reader.info))
        plan = make_plan(source, target, reader.info, format, restorer)
        announce_losses(plan, encoder, strict=fidelity.strict)
        callbacks.begin(plan)
        sink = _open_sink(plan, encoder, overwrite=overwrite)
        stack.enter_context(sink)
        to_rgb = FrameToRgb(reader.info)
        to_frame = RgbToFrame(format, width=plan.restored.width, height=plan.restored.height)

        frames_read = 0

        def prepare(frame: Frame) -> Picture:
            nonlocal frames_read
            frames_read += 1
            if frame.field_order != "progressive":
                log.warning("the input is interlaced: deinterlace it first for a good result")
            return Picture(frame=frame, rgb=to_rgb.convert(frame))

        pictures = stack.enter_context(ReadAhead(reader, prepare, ahead=FRAMES_AHEAD))
        done = 0
        for picture in restore_clip(pictures, restorer):
            sink.write(to_frame.convert(picture.rgb, picture.frame))
            done += 1
            callbacks.frame(done)
        if done != frames_read:
            raise SinkError(f"{done} of {frames_read} frames were written: this is a bug")
    return done


def _check_target(source: str, target: str, *, overwrite: bool) -> None:
    if target != STDOUT:
        origin = Path(source) if Path(source).is_file() else None
        check_output(Path(target), streams_from=origin, overwrite=overwrite)


def _open_reader(source: str, fidelity: FidelitySettings) -> ClipReader:
    reader = find_source(source).open(source)
    is_turned = reader.info.rotation != 0 or reader.info.is_flipped
    return RotatedReader(reader) if fidelity.rotate == "apply" and is_turned else reader


def _restorer(settings: Settings, clip: ClipInfo) -> Restorer:
    return Restorer(settings, width=clip.width, height=clip.height)


def _open_sink(plan: Plan, encoder: EncoderSettings, *, overwrite: bool) -> FileSink | Y4MSink:
    if plan.target == STDOUT:
        return Y4MSink(sys.stdout.buffer, plan.restored)
    return FileSink(
        Path(plan.target),
        plan.restored,
        encoder,
        streams_from=origin_of_streams(plan.source),
        overwrite=overwrite,
    )
