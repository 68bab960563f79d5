"""The command `vsr evaluate`."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from vsfilter.cli.report import show_warnings

if TYPE_CHECKING:
    from vsfilter.evaluate import Degradation, Score


def evaluate(
    ground_truth: Annotated[
        Path, typer.Option("--gt", help="A clip, or a folder of clips or of picture folders.")
    ],
    *,
    low: Annotated[
        Path | None, typer.Option("--lr", help="The small clips; default: made from --gt.")
    ] = None,
    degradation: Annotated[
        str, typer.Option(help="How to make small clips: bi (MATLAB bicubic) or bd.")
    ] = "bi",
    model: Annotated[str, typer.Option(help="A model of 'vsr models'.")] = "auto",
    weights: Annotated[str | None, typer.Option(help="A named set, or a file.")] = None,
    scale: Annotated[int | None, typer.Option(help="Times larger.")] = None,
    precision: Annotated[str, typer.Option(help="auto, fp32, bf16 or fp16.")] = "auto",
    option: Annotated[
        list[str] | None,
        typer.Option(metavar="KEY=VALUE", help="An option of the model: refine_threshold=2."),
    ] = None,
    crop: Annotated[int, typer.Option(help="Border left out, in px.")] = 0,
    csv: Annotated[Path | None, typer.Option(help="Write the table into this file.")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON on stdout.")] = False,
) -> None:
    """Measure luma PSNR and SSIM on clips with ground truth, beside bicubic."""
    from vsfilter.engine.settings import Settings
    from vsfilter.evaluate import evaluate_clip, list_clips
    from vsfilter.key_value import parse_key_values

    show_warnings(quiet=False)
    kind = _check_degradation(degradation)
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
        scores.append(evaluate_clip(clip, settings, low=small, degradation=kind, crop=crop))
    if csv is not None:
        csv.write_text("\n".join(_rows(scores, ",")) + "\n", encoding="utf-8")
    if as_json:
        _print_json(scores)
    else:
        print("\n".join(_rows(scores, "\t")))


def _check_degradation(name: str) -> Degradation:
    from vsfilter.errors import OptionError

    if name == "bi":
        return "bi"
    if name == "bd":
        return "bd"
    raise OptionError(f"degradation is {name!r}: give bi or bd")


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
    head = ["clip", "frames", "psnr_y", "ssim_y", "bicubic_psnr_y", "bicubic_ssim_y", "margin"]
    rows = [separator.join(head)]
    rows += [
        separator.join(
            [
                score.clip,
                str(score.frames),
                f"{score.psnr_y:.3f}",
                f"{score.ssim_y:.4f}",
                f"{score.bicubic_psnr_y:.3f}",
                f"{score.bicubic_ssim_y:.4f}",
                f"{score.margin:+.3f}",
            ]
        )
        for score in scores
    ]
    mean = sum(score.margin for score in scores) / len(scores)
    rows.append(separator.join(["mean", "", "", "", "", "", f"{mean:+.3f}"]))
    return rows


def _print_json(scores: list[Score]) -> None:
    import json
    from dataclasses import asdict

    clips = [{**asdict(score), "margin": score.margin} for score in scores]
    mean = sum(score.margin for score in scores) / len(scores)
    print(json.dumps({"clips": clips, "mean_margin": mean}, indent=2))
