"""A whole input restored into a whole output: what `vsr-transcode` does."""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping
from contextlib import ExitStack
from dataclasses import dataclass

from vsfilter.cluster.worker_pool import WorkerPool
from vsfilter.engine.model_pool import ModelPool
from vsfilter.engine.read_ahead import ReadAhead
from vsfilter.engine.settings import Settings
from vsfilter.engine.stream import Picture, restore_clip
from vsfilter.errors import SinkError, SourceError
from vsfilter.frame import Frame
from vsfilter.input_limits import is_playlist
from vsfilter.input_settings import ALL_OF_IT, InputSettings
from vsfilter.output_size import AS_SCALED, SizeSettings
from vsfilter.sinks.encoding.encoder import EncoderSettings
from vsfilter.sinks.output_file import Streams
from vsfilter.sinks.segments.segment_store import Work
from vsfilter.sinks.write_behind import WriteBehind
from vsfilter.sinks.y4m_sink import Y4MSink
from vsfilter.standard_streams import give_up_input
from vsfilter.transcode.clip_feed import ClipFeed
from vsfilter.transcode.earlier_run import earlier_geometry
from vsfilter.transcode.fidelity_settings import AS_IT_IS, FidelitySettings
from vsfilter.transcode.fingerprint import fingerprint, is_repeatable, refuse_change, request
from vsfilter.transcode.input import open_input
from vsfilter.transcode.losses import announce_losses
from vsfilter.transcode.output_picture import STDOUT, choose_output
from vsfilter.transcode.plan import (
    Plan,
    frame_converter,
    make_plan,
    open_restorer,
)
from vsfilter.transcode.target import Sink, check_target, open_sink, tidy_up

log = logging.getLogger(__name__)
STDIN = "-"
FRAMES_AHEAD = 8
FRAMES_BEHIND = 4


@dataclass(frozen=True, slots=True, kw_only=True)
class Callbacks:
    """What the caller wants to hear about.

    Attributes:
        begin: Called once, before the first frame, with the number of frames that an earlier run
            has left.
        restored: Called with each restored frame.
        frame: Called after each frame with the number of frames done, by the thread that writes.
        safe: Called at the end, after a failure too, with the number of frames that a later run
            need not make again.
    """

    begin: Callable[[Plan, int], None] = lambda plan, done: None
    restored: Callable[[Picture], None] = lambda picture: None
    frame: Callable[[int], None] = lambda done: None
    safe: Callable[[int], None] = lambda frames: None


@dataclass(frozen=True, slots=True, kw_only=True)
class Done:
    """What a transcode did.

    Attributes:
        frames: Frames in the output.
        resumed_from: How many of them an earlier run had made.
        streams: The streams of the output; None for Y4M.
    """

    frames: int
    resumed_from: int
    streams: Streams | None


def transcode(  # noqa: PLR0913  # the promised entry point: what, how, and who is told
    source: str,
    target: str,
    *,
    settings: Settings,
    encoder: EncoderSettings,
    size: SizeSettings = AS_SCALED,
    reading: InputSettings = ALL_OF_IT,
    fidelity: FidelitySettings = AS_IT_IS,
    models: ModelPool | WorkerPool | None = None,
    overwrite: bool = False,
    resume: bool = True,
    callbacks: Callbacks | None = None,
) -> Done:
    """Restore an input into an output; all that is not the video is copied.

    Decoding, restoring and encoding overlap; memory does not depend on the length of the clip.

    Args:
        source: A file, a folder or pattern of images, a `.vpy` script, or `-` for Y4M or PNG images
            on standard input.
        target: A file, images such as `frames/%05d.png`, or `-` for Y4M on standard output.
        settings: How to restore.
        encoder: How to encode.
        size: Size of the output, where `settings.scale` does not give it.
        reading: Which part of the input is wanted, and how fields become frames.
        fidelity: How true the output is to the input.
        models: Where the model may be already, from a transcode before this one; or the workers
            that restore. The result is the same.
        overwrite: Whether an existing output may be replaced.
        resume: Whether to go on where an earlier run of the same was stopped.
        callbacks: Told about the plan and the progress.

    Returns:
        What was done, in this run and in the one that it goes on with.

    Raises:
        VsfilterError: Something cannot be read, restored or written. Finished segments of the
            output stay beside it for a later run; nothing else is left behind.
    """
    callbacks = callbacks or Callbacks()
    tidy_up(target)
    check_target(source, target, overwrite=overwrite)
    with ExitStack() as stack:
        opened = open_input(source, reading, fidelity)
        clip = stack.enter_context(opened.reader).info
        output = choose_output(clip, target, encoder, size)
        is_again = is_repeatable(source)
        asked = request(
            source, setting=settings, encoder=encoder, input=reading, fidelity=fidelity, size=size
        )
        earlier = earlier_geometry(target, asked, settings) if resume and is_again else None
        restorer = stack.enter_context(open_restorer(clip, settings, size, models, earlier))
        excerpt = opened.excerpt(restorer.grid)
        plan = opened.tell(make_plan(source, target, excerpt.info, output, restorer))
        announce_losses(plan, encoder, strict=fidelity.strict)
        made_from = fingerprint(asked, plan) if is_again else {}
        work = Work(
            segment_frames=-(-encoder.segment_frames // plan.core) * plan.core,
            fingerprint=made_from,
            asked=asked if is_again else {},
            may_resume=resume and is_again,
            keeps=is_again,
            overwrite=overwrite,
        )
        sink = open_sink(plan, encoder, work)
        stack.callback(lambda: callbacks.safe(sink.safe_frames))  # after the sink has ended
        stack.enter_context(sink)
        callbacks.begin(plan, sink.frame_count)
        to_frame = frame_converter(plan)
        first = sink.frame_count
        if first and (source.lower().endswith(".vpy") or is_playlist(source)):
            log.warning("files that %s reads are not watched: see --no-resume", source)
        feed = ClipFeed(excerpt, restorer.grid, done=first)
        pictures = stack.enter_context(ReadAhead(feed.frames(), feed.prepare, ahead=FRAMES_AHEAD))
        if source == STDIN:
            stack.callback(give_up_input)  # a silent pipe would hold the thread up for ever

        def write(frame: Frame) -> None:
            sink.write(frame)
            callbacks.frame(sink.frame_count)

        # Ctrl-C does not reach a thread that writes into a pipe which nobody reads
        behind = 0 if target == STDOUT else FRAMES_BEHIND
        writer = stack.enter_context(WriteBehind(write, behind=behind))
        for picture in restore_clip(pictures, restorer, first=feed.begin):
            callbacks.restored(picture)
            writer.put(to_frame.convert(picture.rgb, picture.frame))
        writer.finish()
        if not feed.wanted:
            raise SourceError(f"input {source!r} has no frames: give a whole one")
        if is_again:
            _refuse_change(source, made_from, sink)
        if sink.frame_count != feed.wanted:
            raise SinkError(
                f"{sink.frame_count} of {feed.wanted} frames were written: this is a bug"
            )
    streams = None if isinstance(sink, Y4MSink) else sink.streams
    return Done(frames=sink.frame_count, resumed_from=first, streams=streams)


def _refuse_change(source: str, made_from: Mapping[str, str], sink: Sink) -> None:
    """Refuse an input that changed while it was read; its frames are of no use to a later run."""
    try:
        refuse_change(source, made_from)
    except SourceError:
        if not isinstance(sink, Y4MSink):
            sink.keep_nothing()
        raise
