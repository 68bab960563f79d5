"""The command `vsr evaluate`."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from vsfilter.cli.report import show_warnings

if TYPE_CHECKING:
    from vsfilter.clip_measure import Score
    from vsfilter.evaluate import Protocol


def evaluate(
    ground_truth: Annotated[
        Path, typer.Option("--gt", help="A clip, or a folder of clips or of picture folders.")
    ],
    *,
    low: Annotated[
        Path | None, typer.Option("--lr", help="The small clips; default: made from --gt.")
    ] = None,
    protocol: Annotated[
        str | None,
        typer.Option(help="As papers measure a set: vid4, reds4, udm10 (bd) or vimeo (centre)."),
    ] = None,
    degradation: Annotated[
        str | None,
        typer.Option(help="How to make small clips: bi (MATLAB bicubic, the default) or bd."),
    ] = None,
    model: Annotated[str, typer.Option(help="A model of 'vsr models'.")] = "auto",
    weights: Annotated[str | None, typer.Option(help="A named set, or a file.")] = None,
    scale: Annotated[int | None, typer.Option(help="Times larger.")] = None,
    precision: Annotated[str, typer.Option(help="auto, fp32, bf16 or fp16.")] = "auto",
    option: Annotated[
        list[str] | None,
        typer.Option(metavar="KEY=VALUE", help="An option of the model: refine_threshold=2."),
    ] = None,
    crop: Annotated[int, typer.Option(help="Border left out, in px.")] = 0,
    measure: Annotated[
        list[str] | None, typer.Option(help="Also measure vmaf or xpsnr, by FFmpeg.")
    ] = None,
    csv: Annotated[Path | None, typer.Option(help="Write the table into this file.")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON on stdout.")] = False,
) -> None:
    """Measure PSNR and SSIM on clips with ground truth, beside bicubic."""
    from dataclasses import replace

    from vsfilter.engine.settings import Settings
    from vsfilter.evaluate import evaluate_clip, list_clips
    from vsfilter.key_value import parse_key_values

    show_warnings(quiet=False)
    how = replace(_protocol(protocol, degradation), crop=crop, measures=tuple(measure or ()))
    clips = list_clips(ground_truth)
    lows = _match(clips, low)
    settings = Settings(
        model=model,
        weights=weights,
        scale=scale,
        precision=precision,
        options=parse_key_values(option or (), flag="--option"),
    )
    scores = []
    for clip, small in zip(clips, lows, strict=True):
        print(f"{clip.name} ...", file=sys.stderr)
        scores.append(evaluate_clip(clip, settings, low=small, protocol=how))
    if csv is not None:
        csv.write_text("\n".join(_rows(scores, ",")) + "\n", encoding="utf-8")
    if as_json:
        _print_json(scores)
    else:
        print("\n".join(_rows(scores, "\t")))


def _protocol(name: str | None, degradation: str | None) -> Protocol:
    """Find a protocol by its name; a degradation that is given too counts more."""
    from dataclasses import replace

    from vsfilter.errors import OptionError
    from vsfilter.evaluate import PROTOCOLS, Protocol

    if name is not None and name not in PROTOCOLS:
        raise OptionError(f"protocol is {name!r}: give {', '.join(PROTOCOLS)}")
    protocol = PROTOCOLS[name] if name else Protocol()
    if degradation is None:
        return protocol
    if degradation == "bi":
        return replace(protocol, degradation="bi")
    if degradation == "bd":
        return replace(protocol, degradation="bd")
    raise OptionError(f"degradation is {degradation!r}: give bi or bd")


def _match(clips: list[Path], low: Path | None) -> list[Path] | list[None]:
    """Find the small version of each clip: by its place, or by its name in a folder."""
    from vsfilter.errors import OptionError
    from vsfilter.evaluate import list_clips

    if low is None:
        return [None] * len(clips)
    found = {path.stem: path for path in list_clips(low)}
    if len(clips) == len(found) == 1:
        return list(found.values())
    missing = [clip.stem for clip in clips if clip.stem not in found]
    if missing:
        raise OptionError(f"'{low}' has no clip named {missing[0]!r}: name them as in --gt")
    return [found[clip.stem] for clip in clips]


def _rows(scores: list[Score], separator: str) -> list[str]:
    """Write the table: a line for each clip, then the means over clips."""
    columns = {
        "frames": "d",
        "psnr_y": ".3f",
        "ssim_y": ".4f",
        "bicubic_psnr_y": ".3f",
        "bicubic_ssim_y": ".4f",
        "margin": "+.3f",
        "centre_psnr_y": ".3f",
        "border_psnr_y": ".3f",
        "psnr_rgb": ".3f",
        "ssim_rgb": ".4f",
        "flicker": ".3f",
        **dict.fromkeys(scores[0].measures, ".3f"),
    }
    values = [{**{n: getattr(s, n, None) for n in columns}, **s.measures} for s in scores]
    rows = [separator.join(["clip", *columns])]
    for score, row in zip(scores, values, strict=True):
        rows.append(separator.join([score.clip, *(f"{row[n]:{columns[n]}}" for n in columns)]))
    means = {n: sum(float(row[n] or 0) for row in values) / len(values) for n in columns}
    shown = ["" if n == "frames" else f"{means[n]:{columns[n]}}" for n in columns]
    rows.append(separator.join(["mean", *shown]))
    return rows


def _print_json(scores: list[Score]) -> None:
    import json
    from dataclasses import asdict

    clips = [{**asdict(score), "margin": score.margin} for score in scores]
    mean = sum(score.margin for score in scores) / len(scores)
    print(json.dumps({"clips": clips, "mean_margin": mean}, indent=2))
