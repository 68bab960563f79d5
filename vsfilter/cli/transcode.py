"""The command `vsr-transcode`."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from vsfilter.cli.interrupts import interrupts
from vsfilter.cli.output_options import parse_size
from vsfilter.cli.report import run_app, show_warnings
from vsfilter.cli.transcode_record import done_record, forecast_record, plan_record
from vsfilter.cli.transcode_report import Reporter, report_forecast

if TYPE_CHECKING:
    from vsfilter.engine.settings import Cuts
    from vsfilter.transcode_plan import Plan

app = typer.Typer(
    add_completion=False,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)


@app.command(epilog="--debug shows the traceback of a failure.")
def transcode(
    source: Annotated[
        str,
        typer.Argument(metavar="IN", help="A file, folder of images, .vpy script, or - for Y4M."),
    ],
    target: Annotated[
        str, typer.Argument(metavar="OUT", help="A .mkv, .mp4, .mov or .webm file, or - for Y4M.")
    ],
    *,
    model: Annotated[str, typer.Option(help="A model of 'vsr models', or MODEL:WEIGHTS.")] = "auto",
    weights: Annotated[
        str | None, typer.Option(help="A named set of 'vsr weights list', or a file.")
    ] = None,
    scale: Annotated[
        str | None, typer.Option(help="Times larger: 4, 1.5, 2/3; default: the model's.")
    ] = None,
    device: Annotated[str, typer.Option(help="auto, cpu, cuda, cuda:1 ...")] = "auto",
    precision: Annotated[str, typer.Option(help="auto, fp32, bf16 or fp16.")] = "auto",
    codec: Annotated[
        str | None,
        typer.Option(help="x264, x265, svtav1, vp9, ffv1, prores, dnxhr, or FFmpeg's name of one."),
    ] = None,
    crf: Annotated[float | None, typer.Option(help="Quality; lower is better.")] = None,
    preset: Annotated[str | None, typer.Option(help="Speed, in the encoder's words.")] = None,
    pix_fmt: Annotated[str | None, typer.Option(help="Default: the input's.")] = None,
    core: Annotated[int | None, typer.Option(help="Frames a window delivers.")] = None,
    context: Annotated[int | None, typer.Option(help="Frames beside the core.")] = None,
    blend: Annotated[int, typer.Option(help="Frames crossfaded between windows.")] = 0,
    tile: Annotated[int | None, typer.Option(help="Side of tiles, in px of the input.")] = None,
    cuts: Annotated[
        str, typer.Option(help="Scene changes: auto, props, off, or frame numbers: 120,371.")
    ] = "auto",
    ghost_guard: Annotated[
        str,
        typer.Option(help="Against ghosts of what appears or vanishes: auto, on or off."),
    ] = "auto",
    strength: Annotated[float, typer.Option(help="0 is bicubic, 1 the model's result.")] = 1.0,
    option: Annotated[
        list[str] | None,
        typer.Option(metavar="KEY=VALUE", help="An option of the model: refine_threshold=2."),
    ] = None,
    encoder_opts: Annotated[
        list[str] | None,
        typer.Option(metavar="KEY=VALUE", help="An option of the encoder: aq-mode=3."),
    ] = None,
    size: Annotated[
        str | None, typer.Option(metavar="WxH", help="Size of OUT, instead of --scale: 1920x1080.")
    ] = None,
    height: Annotated[
        int | None, typer.Option(help="Height of OUT in px; the width follows.")
    ] = None,
    overwrite: Annotated[bool, typer.Option("--overwrite", help="Replace OUT.")] = False,
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
        float, typer.Option(metavar="SECONDS", help="How often the preview is written.")
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
) -> None:
    """Restore and enlarge the video of IN; keep everything else of it in OUT."""
    from vsfilter.cli.input_options import parse_deinterlace, parse_excerpt
    from vsfilter.engine.settings import Settings
    from vsfilter.errors import OptionError
    from vsfilter.fidelity_settings import FidelitySettings
    from vsfilter.forecast import forecast
    from vsfilter.input_settings import InputSettings
    from vsfilter.key_value import parse_key_values, split_key_value
    from vsfilter.output_size import to_scale
    from vsfilter.preview import Preview
    from vsfilter.sinks.encoder import EncoderSettings
    from vsfilter.transcode import Callbacks
    from vsfilter.transcode import transcode as run

    if as_json and target == "-":
        raise OptionError("stdout carries either the Y4M of OUT '-' or the report of --json")
    if resume and "-" in (source, target):
        raise OptionError("what goes through a pipe cannot be resumed: leave --resume out")
    if preview and target == "-":
        raise OptionError("a preview lies beside OUT: leave --preview out, or give OUT a name")

    def open_preview(plan: Plan) -> Preview:
        return Preview(Path(f"{target}.preview.png"), plan.clip, every_s=preview_every)

    settings = Settings(
        model=model,
        weights=weights,
        scale=None if scale is None else to_scale(scale),
        core=core,
        context=context,
        blend=blend,
        device=device,
        precision=precision,
        tile=tile,
        cuts=_parse_cuts(cuts),
        ghost_guard=ghost_guard,
        strength=strength,
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
    wished = parse_size(size, height)
    reading = InputSettings(
        excerpt=parse_excerpt(start, end, frames), deinterlace=parse_deinterlace(deinterlace)
    )
    fidelity = FidelitySettings(rotate=rotate, strict=strict)
    warnings = show_warnings(quiet=quiet)
    if dry_run:
        expected = forecast(
            source,
            target,
            settings=settings,
            encoder=encoder,
            size=wished,
            reading=reading,
            fidelity=fidelity,
            overwrite=overwrite,
        )
        report_forecast(expected, quiet=quiet or as_json)
        if as_json:
            record = plan_record(expected.plan, expected.streams, settings, encoder)
            _print_json({**record, **forecast_record(expected), "warnings": warnings})
        return
    reporter = Reporter(open_preview=open_preview if preview else None, quiet=quiet)
    with reporter, interrupts():
        done = run(
            source,
            target,
            settings=settings,
            encoder=encoder,
            size=wished,
            reading=reading,
            fidelity=fidelity,
            overwrite=overwrite,
            resume=resume is not False,
            callbacks=Callbacks(
                begin=reporter.begin,
                restored=reporter.restored,
                frame=reporter.frame,
                safe=reporter.safe,
            ),
        )
    if as_json and reporter.plan is not None:
        record = plan_record(reporter.plan, done.streams, settings, encoder)
        _print_json({**record, **done_record(done, reporter.seconds), "warnings": warnings})
    elif not quiet:
        print(f"{target}: {done.frames} frames written", file=sys.stderr)


def _print_json(record: dict[str, object]) -> None:
    import json

    print(json.dumps(record, default=str))


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


def run() -> None:
    """Entry point of `vsr-transcode`."""
    run_app(app)


if __name__ == "__main__":
    run()
