"""Tell which models have become slower, larger or less exact than what was recorded.

Example: `vsr bench --all --json > now.json` and
`python scripts/check_speed.py docs/performance.json now.json`.

Only ratios are compared, each to plain torch in the same run, so that machines of one kind agree.
"""

from __future__ import annotations

import json
import math
from pathlib import Path
from typing import Annotated, Any

import typer

LOSS_DB = 3.0
"""Decibels to plain torch that rounding on another machine may take."""
MORE_WORK = 1.02
MORE_MEMORY = 1.25


def main(
    recorded: Annotated[Path, typer.Argument(help="what `vsr bench --json` gave then")],
    now: Annotated[Path, typer.Argument(help="what it gives now")],
    tolerance: Annotated[float, typer.Option(help="share of the ratio that noise may take")] = 0.2,
) -> None:
    """Exit with 1 where a case is worse than it was, or is missing."""
    cases = {_case(result): result for result in json.loads(now.read_text())}
    failed = False
    for old in json.loads(recorded.read_text()):
        new = cases.get(_case(old))
        faults = ["not measured"] if new is None else _faults(old, new, tolerance)
        print(f"{' '.join(map(str, _case(old)))}: {', '.join(faults) or 'as it was, or better'}")
        failed |= bool(faults)
    if failed:
        raise typer.Exit(1)


def _case(result: dict[str, Any]) -> tuple[str, ...]:
    return tuple(result[key] for key in ("model", "weights", "width", "height", "precision"))


def _faults(old: dict[str, Any], new: dict[str, Any], tolerance: float) -> list[str]:
    faults = []
    if old["ratio"] and not new["ratio"]:
        faults.append("not compared with plain torch")
    elif old["ratio"] and new["ratio"] < old["ratio"] * (1 - tolerance):
        faults.append(f"slower: {new['ratio']:.2f} times plain torch, was {old['ratio']:.2f}")
    exact, was = (case["psnr_to_plain"] or math.inf for case in (new, old))  # none: equal pictures
    if exact < was - LOSS_DB:
        faults.append(f"less exact: {exact:.1f} dB, was {was:.1f}")
    for key in ("gflop_per_frame", "context_cost"):
        if new[key] > old[key] * MORE_WORK:
            faults.append(f"more work: {key} {new[key]:.2f}, was {old[key]:.2f}")
    if old["memory_mb"] and new["memory_mb"] > old["memory_mb"] * MORE_MEMORY:
        faults.append(f"more memory: {new['memory_mb']:.0f} MB, was {old['memory_mb']:.0f}")
    return faults


if __name__ == "__main__":
    typer.run(main)
