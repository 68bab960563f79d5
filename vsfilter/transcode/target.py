"""The output of a transcode: whether it may be written, and the sink for its kind."""

from __future__ import annotations

from pathlib import Path

from vsfilter.errors import SinkError
from vsfilter.image_pattern import numbered_images, takes_in
from vsfilter.sinks.codec_trial import try_codec
from vsfilter.sinks.encoding.encoder import EncoderSettings
from vsfilter.sinks.encoding.known_encoders import IMAGE_ENCODERS
from vsfilter.sinks.image_path import check_images, is_image_target, times_path
from vsfilter.sinks.image_sink import ImageSink
from vsfilter.sinks.output_path import check_output, followed
from vsfilter.sinks.pyav_sink import FileSink
from vsfilter.sinks.segments.segment_store import Work
from vsfilter.sinks.segments.work_folder import WorkFolder
from vsfilter.sinks.y4m_sink import Y4MSink
from vsfilter.standard_streams import standard_output
from vsfilter.transcode.output_picture import STDOUT
from vsfilter.transcode.plan import Plan, streams_from

Sink = FileSink | ImageSink | Y4MSink


def check_target(source: str, target: str, *, overwrite: bool) -> None:
    """Refuse an output that must not or cannot be written, before any work is done.

    Raises:
        SinkError: As `check_output` and `check_images` tell.
    """
    images = numbered_images(target)
    if is_image_target(target):
        if images is not None and (
            takes_in(source, images.file(0)) or takes_in(target, Path(source))
        ):
            raise SinkError(
                f"images of output {target!r} would be among those of input {source!r}: give "
                "another folder"
            )
        check_images(target, overwrite=overwrite)
    elif images is not None:
        suffixes = ", ".join(IMAGE_ENCODERS)
        raise SinkError(
            f"output {target!r} has the suffix {Path(target).suffix!r}: images are {suffixes}"
        )
    elif target != STDOUT:
        origin = Path(source) if Path(source).is_file() else None
        check_output(Path(target), streams_from=origin, overwrite=overwrite)


def tidy_up(target: str) -> None:
    """Remove what a run has left that was stopped after its output had got its name.

    Raises:
        SinkError: Another run holds it.
    """
    if target == STDOUT or is_image_target(target):  # a later run of images finds them itself
        return
    folder = WorkFolder(followed(Path(target)))
    if folder.has_published:
        folder.take()
        folder.remove()


def was_published(target: str) -> bool:
    """Tell whether a run that was stopped has given an output its name, and was so done with it.

    Args:
        target: An output that is there, and was not there before that run.
    """
    if is_image_target(target):
        return not WorkFolder(Path(target)).path.exists()
    folder = WorkFolder(followed(Path(target)))
    return folder.has_published or not folder.path.exists()


def is_there(target: str) -> bool:
    """Tell whether an output is there as a whole."""
    images = numbered_images(target) if is_image_target(target) else None
    return (Path(target) if images is None else times_path(images)).exists()


def preview_path(target: str) -> Path:
    """Give the place of a preview: beside the output, and not among images."""
    images = numbered_images(target) if is_image_target(target) else None
    return Path(f"{target if images is None else images.folder.resolve()}.preview.png")


def open_sink(plan: Plan, encoder: EncoderSettings, work: Work) -> Sink:
    """Open the sink for the kind of a plan's target.

    Raises:
        VsfilterError: The output cannot be written, or the encoder refuses the clip.
    """
    if plan.target == STDOUT:
        return Y4MSink(standard_output(), plan.restored)
    origin = streams_from(plan.source)
    if is_image_target(plan.target):
        return ImageSink(plan.target, plan.restored, encoder, streams_from=origin, work=work)
    path = Path(plan.target)
    try_codec(encoder, plan.restored, suffix=path.suffix)
    return FileSink(path, plan.restored, encoder, streams_from=origin, work=work)
