"""The command `vsr-transcode`."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from vsfilter.cli.batch import output_folder, run_batch
from vsfilter.cli.inputs import batch_jobs, one_job
from vsfilter.cli.interrupts import interrupts
from vsfilter.cli.model_options import ModelOptions, Precision, Quality
from vsfilter.cli.output_options import parse_size
from vsfilter.cli.report import run_app, show_warnings
from vsfilter.cli.shared_options import takes
from vsfilter.cli.version import Version
from vsfilter.input_limits import LARGEST_PICTURE_PX, InputLimits

if TYPE_CHECKING:
    from vsfilter.cli.job_runner import JobRunner
    from vsfilter.engine.settings import Cuts

app = typer.Typer(
    rich_markup_mode=None,  # without it help takes half as long
    add_completion=False,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)


def restore_options(
    *,
    model: Annotated[str, typer.Option(help="A model of 'vsr models', or MODEL:WEIGHTS.")] = "auto",
    weights: Annotated[
        str | None, typer.Option(help="A named set of 'vsr weights list', or a file.")
    ] = None,
    scale: Annotated[
        str | None, typer.Option(help="Times larger: 4, 1.5, 2/3; default: the model's.")
    ] = None,
    device: Annotated[str, typer.Option(help="auto, cpu, cuda, cuda:1 ...")] = "auto",
    quality: Quality = "fast",
    precision: Precision = "auto",
    threads: Annotated[
        int | None, typer.Option(help="Threads of the model on a CPU; each worker has as many.")
    ] = None,
    codec: Annotated[
        str | None,
        typer.Option(help="x264, x265, svtav1, vp9, ffv1, prores, dnxhr, or FFmpeg's name of one."),
    ] = None,
    crf: Annotated[float | None, typer.Option(help="Quality; lower is better.")] = None,
    preset: Annotated[str | None, typer.Option(help="Speed, in the encoder's words.")] = None,
    pix_fmt: Annotated[str | None, typer.Option(help="Default: the input's.")] = None,
    core: Annotated[
        int | None, typer.Option(help="Frames a window delivers; default: the model's.")
    ] = None,
    context: Annotated[
        int | None, typer.Option(help="Frames beside the core; default: the weights'.")
    ] = None,
    blend: Annotated[int, typer.Option(help="Frames crossfaded between windows.")] = 0,
    tile: Annotated[
        int | None, typer.Option(help="Side of tiles, in px of the input; default: by memory.")
    ] = None,
    cuts: Annotated[
        str, typer.Option(help="Scene changes: auto, props, off, or frame numbers: 120,371.")
    ] = "auto",
    ghost_guard: Annotated[
        str,
        typer.Option(help="Against ghosts of what appears or vanishes: auto, on or off."),
    ] = "auto",
    strength: Annotated[float, typer.Option(help="0 is bicubic, 1 the model's result.")] = 1.0,
    option: ModelOptions = None,
    encoder_opts: Annotated[
        list[str] | None,
        typer.Option(metavar="KEY=VALUE", help="An option of the encoder: aq-mode=3."),
    ] = None,
    size: Annotated[
        str | None, typer.Option(metavar="WxH", help="Size of OUT as shown, in place of --scale.")
    ] = None,
    height: Annotated[
        int | None, typer.Option(help="Height of OUT as shown, in px; the width follows.")
    ] = None,
    overwrite: Annotated[bool, typer.Option("--overwrite", "-y", help="Replace OUT.")] = False,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Say what would be done, and stop.")
    ] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Print a report on stdout.")] = False,
    quiet: Annotated[bool, typer.Option("--quiet", "-q", help="Errors only.")] = False,
    resume: Annotated[
        bool | None,
        typer.Option("--resume/--no-resume", help="Go on where an earlier run was stopped."),
    ] = None,
    segment: Annotated[
        int, typer.Option(help="Frames encoded together; a stopped run loses at most these.")
    ] = 240,
    preview: Annotated[
        bool,
        typer.Option("--preview", help="Show input and result in OUT.preview.png meanwhile."),
    ] = False,
    preview_every: Annotated[
        float, typer.Option(metavar="SECONDS", help="With --preview: how often it is written.")
    ] = 10.0,
    rotate: Annotated[
        str, typer.Option(help="keep: state the input's rotation again; apply: turn the pixels.")
    ] = "keep",
    strict: Annotated[
        bool, typer.Option("--strict", help="Fail, before any work, if OUT would lack anything.")
    ] = False,
    start: Annotated[
        str | None, typer.Option(metavar="TIME", help="Begin here: 83.5, 1:23.5 or 0:01:23.5.")
    ] = None,
    end: Annotated[str | None, typer.Option(metavar="TIME", help="End before this time.")] = None,
    frames: Annotated[
        str | None, typer.Option(metavar="A:B", help="Only frames A to B - 1, counted from 0.")
    ] = None,
    deinterlace: Annotated[
        str, typer.Option(help="auto, off, or a frame from two fields (frame) or each (field).")
    ] = "auto",
    fps: Annotated[
        str | None,
        typer.Option(help="Frames a second of images and bare streams."),
    ] = None,
    max_pixels: Annotated[
        int, typer.Option(metavar="N", help="Refuse IN with pictures of more pixels.")
    ] = LARGEST_PICTURE_PX,
    max_frames: Annotated[
        int | None, typer.Option(metavar="N", help="Refuse IN with more frames.")
    ] = None,
    allow_url: Annotated[
        bool, typer.Option("--allow-url", help="IN may be a URL or a playlist of other files.")
    ] = False,
    deterministic: Annotated[
        bool, typer.Option("--deterministic", help="fp32; the number of cores changes nothing.")
    ] = False,
    watchdog: Annotated[
        float | None,
        typer.Option(metavar="SECONDS", help="Fail when the model takes longer for a window."),
    ] = None,
    workers: Annotated[
        str | None,
        typer.Option(
            metavar="N|ADDRESS",
            help="Restore in N processes, or on a Ray cluster: auto, HOST:PORT, ray://HOST:PORT.",
        ),
    ] = None,
) -> JobRunner:
    """Read the options about how an input is restored and written."""
    from vsfilter.cli.input_options import parse_deinterlace, parse_excerpt
    from vsfilter.cli.job_runner import JobRunner, open_models
    from vsfilter.engine.settings import Settings
    from vsfilter.input_settings import InputSettings
    from vsfilter.key_value import parse_key_values, split_key_value
    from vsfilter.output_size import to_scale
    from vsfilter.readers.rated_reader import to_rate
    from vsfilter.sinks.encoding.encoder import EncoderSettings
    from vsfilter.transcode.fidelity_settings import FidelitySettings

    settings = Settings(
        model=model,
        weights=weights,
        scale=None if scale is None else to_scale(scale),
        core=core,
        context=context,
        blend=blend,
        device=device,
        precision=precision,
        threads=threads,
        tile=tile,
        cuts=_parse_cuts(cuts),
        ghost_guard=ghost_guard,
        strength=strength,
        quality=quality,
        deterministic=deterministic,
        watchdog_s=watchdog,
        options=parse_key_values(option or (), flag="--option"),
    )
    encoder = EncoderSettings(
        codec=codec,
        crf=crf,
        preset=preset,
        pix_fmt=pix_fmt,
        options=tuple(split_key_value(each, flag="--encoder-opts") for each in encoder_opts or ()),
        segment_frames=segment,
    )
    return JobRunner(
        settings=settings,
        encoder=encoder,
        size=parse_size(size, height),
        reading=InputSettings(
            excerpt=parse_excerpt(start, end, frames),
            deinterlace=parse_deinterlace(deinterlace),
            rate=None if fps is None else to_rate(fps),
            limits=InputLimits(max_pixels=max_pixels, max_frames=max_frames, allow_url=allow_url),
        ),
        fidelity=FidelitySettings(rotate=rotate, strict=strict),
        overwrite=overwrite,
        resume=resume,
        preview_every_s=preview_every if preview else None,
        dry_run=dry_run,
        as_json=as_json,
        quiet=quiet,
        warnings=show_warnings(quiet=quiet),
        models=open_models(workers),
    )


def _parse_cuts(text: str) -> Cuts:
    from vsfilter.engine.settings import CUT_WORDS
    from vsfilter.errors import OptionError

    for word in CUT_WORDS:
        if text == word:
            return word
    try:
        return tuple(int(number) for number in text.split(","))
    except ValueError as error:
        raise OptionError(
            f"cuts is {text!r}: give auto, props, off, or frame numbers such as 120,371"
        ) from error


@app.command(epilog="--debug shows the traceback of a failure.")
@takes(restore_options)
def transcode(
    paths: Annotated[
        list[str],
        typer.Argument(
            metavar="IN... OUT",
            show_default=False,
            help="IN is a file, a folder or pattern of images (frames/*.png, frames/%05d.png), a "
            ".vpy script, or - for Y4M or PNG images. OUT is a .mkv, .mp4, .mov or .webm file, "
            "images (frames/%05d.png or .tiff), or - for Y4M. Or several IN, with --output-dir.",
        ),
    ],
    *,
    runner: JobRunner,
    output_dir: Annotated[
        Path | None, typer.Option(help="Folder for the outputs of several inputs.")
    ] = None,
    container: Annotated[
        str | None,
        typer.Option(help="With --output-dir: mkv, mp4, mov, webm, png or tiff; default: as IN."),
    ] = None,
    skip_existing: Annotated[
        bool, typer.Option("--skip-existing", help="Leave inputs out whose output is there.")
    ] = False,
    version: Version = False,
) -> None:
    """Restore and enlarge the video of IN; keep everything else of it in OUT."""
    from vsfilter.errors import OptionError

    with interrupts(), runner:
        if output_dir is not None:
            jobs = batch_jobs(paths, output_dir, container)
            with output_folder(output_dir):
                run_batch(jobs, runner, skip_existing=skip_existing)
        elif container is not None or skip_existing:
            raise OptionError("--container and --skip-existing go with --output-dir")
        else:
            runner.run(one_job(paths))


def run() -> None:
    """Entry point of `vsr-transcode`."""
    run_app(app)


if __name__ == "__main__":
    run()
