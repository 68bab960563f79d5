"""The results of `vsr evaluate` as a table or JSON."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from vsfilter.evaluation.clip_measure import Score
    from vsfilter.evaluation.real_measure import RealScore

_WITH_TRUTH = {
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
}
_REAL = {
    "frames": "d",
    "niqe": ".3f",
    "bicubic_niqe": ".3f",
    "blur": ".4f",
    "bicubic_blur": ".4f",
    "flicker": ".3f",
    "shift": "+.3f",
}


type Results = Mapping[str, Sequence[Score | RealScore]]
"""By the name of a set; there is one without a name where no sets are compared."""


def table_rows(results: Results, separator: str) -> list[str]:
    """Write the table: a line for each clip, then the means over clips; so for each set."""
    rows: list[str] = []
    for name, scores in results.items():
        head, *lines = _clip_rows(scores, separator)
        if not name:
            return [head, *lines]
        rows += [] if rows else [f"set{separator}{head}"]
        rows += [f"{name}{separator}{line}" for line in lines]
    return rows


def to_json(results: Results) -> str:
    """Write the results of all clips, and the mean margin where there is a true clip."""
    records = {name: _record(scores) for name, scores in results.items()}
    return json.dumps(records.get("", {"sets": records}), indent=2)


def _clip_rows(scores: Sequence[Score | RealScore], separator: str) -> list[str]:
    values = [_values(score) for score in scores]
    columns = _WITH_TRUTH if "margin" in values[0] else _REAL
    measures = values[0].get("measures")
    if isinstance(measures, dict):
        columns = {**columns, **dict.fromkeys(measures, ".3f")}
        values = [{**row, **row["measures"]} for row in values]
    rows = [separator.join(["clip", *columns])]
    for row in values:
        rows.append(separator.join([row["clip"], *(f"{row[n]:{columns[n]}}" for n in columns)]))
    means = {n: sum(float(row[n]) for row in values) / len(values) for n in columns}
    shown = ["" if n == "frames" else f"{means[n]:{columns[n]}}" for n in columns]
    rows.append(separator.join(["mean", *shown]))
    return rows


def _record(scores: Sequence[Score | RealScore]) -> dict[str, object]:
    clips = [_values(score) for score in scores]
    record: dict[str, object] = {"clips": clips}
    if "margin" in clips[0]:
        record["mean_margin"] = sum(clip["margin"] for clip in clips) / len(clips)
    return record


def _values(score: Score | RealScore) -> dict[str, Any]:  # Any: numbers, a name, and a mapping
    values = asdict(score)
    del values["curves"]  # of each frame: for pictures
    if hasattr(score, "margin"):
        values["margin"] = score.margin
    return values
