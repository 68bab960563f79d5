"""The results of `vsr evaluate` as a table or JSON."""

from __future__ import annotations

import csv
import io
import json
import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any

from vsfilter.errors import SinkError
from vsfilter.whole_file import whole_file

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


def table_rows(results: Results) -> list[list[str]]:
    """Give the table: a row for each clip, then the means over clips; so for each set."""
    rows: list[list[str]] = []
    for name, scores in results.items():
        head, *others = _clip_rows(scores)
        if not name:
            return [head, *others]
        rows += [] if rows else [["set", *head]]
        rows += [[name, *row] for row in others]
    return rows


def check_csv(path: Path | None) -> None:
    """Refuse a file for the table, if there shall be one, before anything is measured.

    Raises:
        SinkError: It is to lie in a folder that does not exist.
    """
    if path is not None and not path.parent.is_dir():
        raise SinkError(f"table '{path}' cannot be written: its folder does not exist")


def write_csv(path: Path, results: Results) -> None:
    """Write the table into a file, all of it or nothing.

    Raises:
        SinkError: It cannot be written.
    """
    text = io.StringIO()
    csv.writer(text, lineterminator="\n").writerows(table_rows(results))
    try:
        with whole_file(path) as part:
            part.write_text(text.getvalue(), encoding="utf-8")
    except OSError as error:
        raise SinkError(f"table '{path}' cannot be written: {error.strerror}") from error


def to_json(results: Results) -> str:
    """Write the results of all clips, and the mean margin where there is a true clip.

    What no frame tells, such as the PSNR of a clip that is restored without an error, is null.
    """
    records = {name: _record(scores) for name, scores in results.items()}
    return json.dumps(_known(records.get("", {"sets": records})), indent=2, allow_nan=False)


def _known(value: object) -> object:
    """Replace numbers that JSON does not have."""
    if isinstance(value, dict):
        return {key: _known(each) for key, each in value.items()}
    if isinstance(value, list):
        return [_known(each) for each in value]
    return None if isinstance(value, float) and not math.isfinite(value) else value


def _mean(values: Iterable[float]) -> float:
    """Give the mean of what is known."""
    known = [value for value in values if math.isfinite(value)]
    return sum(known) / len(known) if known else math.nan


def _clip_rows(scores: Sequence[Score | RealScore]) -> list[list[str]]:
    values = [_values(score) for score in scores]
    columns = _WITH_TRUTH if "margin" in values[0] else _REAL
    measures = values[0].get("measures")
    if isinstance(measures, dict):
        columns = {**columns, **dict.fromkeys(measures, ".3f")}
        values = [{**row, **row["measures"]} for row in values]
    rows = [["clip", *columns]]
    rows += [[row["clip"], *(f"{row[n]:{columns[n]}}" for n in columns)] for row in values]
    means = {n: _mean(float(row[n]) for row in values) for n in columns}
    shown = ["" if n == "frames" else f"{means[n]:{columns[n]}}" for n in columns]
    return [*rows, ["mean", *shown]]


def _record(scores: Sequence[Score | RealScore]) -> dict[str, object]:
    clips = [_values(score) for score in scores]
    record: dict[str, object] = {"clips": clips}
    if "margin" in clips[0]:
        record["mean_margin"] = _mean(clip["margin"] for clip in clips)
    return record


def _values(score: Score | RealScore) -> dict[str, Any]:  # Any: numbers, a name, and a mapping
    values = asdict(score)
    del values["curves"]  # of each frame: for pictures
    if hasattr(score, "margin"):
        values["margin"] = score.margin
    return values
