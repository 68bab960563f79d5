"""The command `vsr evaluate`."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from vsfilter.cli.evaluate_table import check_csv, table_rows, to_json, write_csv
from vsfilter.cli.model_options import ModelOptions, Precision, Quality
from vsfilter.cli.report import show_warnings

if TYPE_CHECKING:
    from vsfilter.engine.settings import Settings
    from vsfilter.errors import VsfilterError
    from vsfilter.evaluation.clip_list import ListedClip
    from vsfilter.evaluation.clip_measure import Score
    from vsfilter.evaluation.protocol import Protocol
    from vsfilter.evaluation.real_measure import RealScore


def evaluate(
    *,
    ground_truth: Annotated[
        Path | None,
        typer.Option("--gt", help="A clip, or a folder of clips or of picture folders."),
    ] = None,
    real: Annotated[
        Path | None,
        typer.Option(help="The same without ground truth: NIQE, blur, flicker, colour shift."),
    ] = None,
    low: Annotated[
        Path | None, typer.Option("--lr", help="The small clips; default: made from --gt.")
    ] = None,
    protocol: Annotated[
        str | None,
        typer.Option(help="As papers measure a set: vid4, reds4, udm10 (bd) or vimeo (centre)."),
    ] = None,
    degradation: Annotated[
        str | None,
        typer.Option(
            help="How to make small clips: bi (MATLAB bicubic), bd, or coded (bi, then x264). "
            "Default: bi, and coded for models that enlarge by 1."
        ),
    ] = None,
    model: Annotated[str, typer.Option(help="A model of 'vsr models'.")] = "auto",
    weights: Annotated[str | None, typer.Option(help="A named set, or a file.")] = None,
    every: Annotated[bool, typer.Option("--all", help="Measure all bundled sets.")] = False,
    quality: Quality = "fast",
    scale: Annotated[int | None, typer.Option(help="Times larger.")] = None,
    precision: Precision = "auto",
    option: ModelOptions = None,
    crop: Annotated[int, typer.Option(help="Border left out, in px.")] = 0,
    measure: Annotated[
        list[str] | None, typer.Option(help="Also measure vmaf or xpsnr, by FFmpeg.")
    ] = None,
    frames: Annotated[
        int | None, typer.Option(min=1, help="Measure no more frames of a clip than these.")
    ] = None,
    csv: Annotated[Path | None, typer.Option(help="Write the table into this file.")] = None,
    plot: Annotated[
        Path | None,
        typer.Option(help="Draw what each frame has, as .svg or .png; needs vsfilter[plots]."),
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON on stdout.")] = False,
) -> None:
    """Measure PSNR and SSIM on clips with ground truth, or others without, beside bicubic.

    For a model of scale 1, what stands beside it is the input itself.
    """
    from dataclasses import replace

    from vsfilter.engine.settings import Settings
    from vsfilter.errors import OptionError, SourceError
    from vsfilter.evaluation.protocol import choose_protocol
    from vsfilter.evaluation.score_plot import PlotFile
    from vsfilter.key_value import parse_key_values

    show_warnings(quiet=False)
    settings = Settings(
        model=model,
        weights=weights,
        quality=quality,
        scale=scale,
        precision=precision,
        options=parse_key_values(option or (), flag="--option"),
    )
    if real and (low or protocol or degradation or crop or measure):
        raise OptionError("--real compares with no other clip: leave out what says how")
    if low and degradation:
        raise OptionError(f"--lr {low} are the small clips: leave --degradation out")
    how = replace(
        choose_protocol(protocol, degradation),
        crop=crop,
        measures=tuple(measure or ()),
        frames=frames,
    )
    if every and (weights or plot or option or low or model != "auto" or quality != "fast"):
        raise OptionError("--all measures the bundled sets as they are: leave out other choices")
    check_csv(csv)
    picture = PlotFile(path=plot) if plot else None
    clips = _clips(ground_truth, real)
    if picture is not None:
        picture.check_count(len(clips))
    wanted = _bundled(settings) if every else {"": settings}
    failed: dict[Path, VsfilterError] = {}
    results: dict[str, list[Score | RealScore]] = {}
    try:
        for name, each in wanted.items():
            for score in _scores(clips, low, failed, how=how, is_real=bool(real), settings=each):
                results.setdefault(name, []).append(score)
    finally:  # what was measured before somebody stopped it counts too
        _report(results, csv=csv, as_json=as_json)
    if len(failed) == len(clips):
        raise next(iter(failed.values()))
    if picture is not None:
        picture.write([(score.clip, score.curves) for score in results[""]])
    if failed:
        names = ", ".join(clip.name for clip in clips if clip.path in failed)
        raise SourceError(f"{len(failed)} of {len(clips)} clips could not be measured: {names}")


def _bundled(settings: Settings) -> dict[str, Settings]:
    """Give the settings for each bundled set of the wished scale, by its name."""
    from dataclasses import replace

    from vsfilter.discovery import backends
    from vsfilter.errors import OptionError

    sets = [item for backend in backends().values() for item in backend.bundled]
    found = {
        item.name: replace(settings, weights=item.name)
        for item in sets
        if settings.scale in (None, item.scale)
    }
    if not found:
        raise OptionError(f"scale is {settings.scale}: no bundled set enlarges by that")
    return found


def _clips(ground_truth: Path | None, real: Path | None) -> list[ListedClip]:
    from vsfilter.evaluation.clip_list import list_clips

    path = ground_truth or real
    if path is None or (ground_truth and real):
        raise typer.BadParameter("give --gt for clips with ground truth, or --real for others")
    return list_clips(path)


def _scores(
    clips: list[ListedClip],
    low: Path | None,
    failed: dict[Path, VsfilterError],
    *,
    how: Protocol,
    is_real: bool,
    settings: Settings,
) -> Iterator[Score | RealScore]:
    """Measure all clips, one after the other; those that cannot be measured join `failed`."""
    from vsfilter.engine.model_pool import ModelPool
    from vsfilter.errors import VsfilterError
    from vsfilter.evaluation.clip_list import match_smalls
    from vsfilter.evaluation.evaluate import evaluate_clip, evaluate_real

    models = ModelPool()
    models.get(settings)  # before any clip: what is wrong with it costs all of them
    for clip, small in zip(clips, match_smalls(clips, low), strict=True):
        if clip.path in failed:
            continue
        print(f"{clip.name} ...", file=sys.stderr)
        try:
            if is_real:
                yield evaluate_real(clip, settings, frames=how.frames, models=models)
            else:
                yield evaluate_clip(clip, settings, low=small, protocol=how, models=models)
        except VsfilterError as error:  # one damaged file must not cost the hours of the others
            if len(clips) == 1:
                raise
            failed[clip.path] = error
            print(f"left out: {error}", file=sys.stderr)


def _report(
    results: dict[str, list[Score | RealScore]], *, csv: Path | None, as_json: bool
) -> None:
    """Print what was measured, if anything, and write it into the file."""
    if not results:
        return
    table = "\n".join("\t".join(row) for row in table_rows(results))
    print(to_json(results) if as_json else table)  # first: what follows may fail
    if csv is not None:
        write_csv(csv, results)
