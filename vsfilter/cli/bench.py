"""The command `vsr bench`."""

from __future__ import annotations

import json
import sys
from concurrent.futures import ProcessPoolExecutor
from dataclasses import asdict
from multiprocessing import get_context
from typing import TYPE_CHECKING, Annotated

import typer

from vsfilter.cli.model_options import Precision

if TYPE_CHECKING:
    from vsfilter.bench.case import Case, Result

COLUMNS = "model\tweights\tsize\tprecision\tframes/s\tGFLOP\tcontext\tof peak\tMB\tplain\tdB"


def bench(
    *,
    model: Annotated[
        list[str] | None, typer.Option(help="A model, or several; default: basicvsr.")
    ] = None,
    weights: Annotated[str | None, typer.Option(help="A named set, or a file.")] = None,
    untrained: Annotated[
        bool, typer.Option("--untrained", help="The network of the paper, which needs no weights.")
    ] = False,
    option: Annotated[
        list[str] | None,
        typer.Option(metavar="KEY=VALUE", help="An option of that network: channels=128."),
    ] = None,
    every: Annotated[bool, typer.Option("--all", help="Every installed model.")] = False,
    size: Annotated[
        list[str] | None, typer.Option(metavar="WxH", help="Of the input; default: 320x180.")
    ] = None,
    device: Annotated[str, typer.Option(help="auto, cpu, cuda or another of torch's.")] = "auto",
    precision: Precision = "auto",
    frames: Annotated[
        int | None, typer.Option(help="Frames a window delivers; default: as in such a clip.")
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON on stdout.")] = False,
) -> None:
    """Measure the speed of models here, beside the same weights in plain torch."""
    from vsfilter.bench.case import Case
    from vsfilter.errors import OptionError
    from vsfilter.key_value import parse_key_values

    if weights is not None and (every or len(model or ()) != 1):
        raise OptionError(f"weights are '{weights}': name the one --model that they belong to")
    if option and not untrained:
        raise OptionError("--option says how large an --untrained network is: give both")
    network = parse_key_values(option or (), flag="--option") if untrained else None
    names = _all_models() if every else model or ["basicvsr"]
    cases = [
        Case(
            model=name,
            weights=weights,
            width=width,
            height=height,
            device=device,
            precision=precision,
            frames=frames,
            network=network,
        )
        for name in names
        for width, height in map(_parse_size, size or ["320x180"])
    ]
    if not as_json:
        print(COLUMNS)
    results = []
    for case in cases:
        print(f"{case.model} {case.width}x{case.height} ...", file=sys.stderr)
        result = _measure_apart(case)
        results.append(asdict(result))
        if not as_json:
            print(_row(result), flush=True)
    if as_json:
        print(json.dumps(results, indent=2))


def _all_models() -> list[str]:
    """List the models that run without anything given: those with weights or a network."""
    from vsfilter.discovery import backends

    return [
        name
        for name, backend in backends().items()
        if backend.bundled or backend.create is not None or not backend.needs_weights
    ]


def _parse_size(text: str) -> tuple[int, int]:
    from vsfilter.errors import OptionError

    width, _, height = text.partition("x")
    if not (width.isdecimal() and height.isdecimal()):
        raise OptionError(f"size is {text!r}: give columns and rows such as 320x180")
    return int(width), int(height)


def _measure_apart(case: Case) -> Result:
    """Measure in a process of its own, whose peak memory is this case's alone."""
    from vsfilter.bench.measure import measure

    with ProcessPoolExecutor(max_workers=1, mp_context=get_context("spawn")) as pool:
        return pool.submit(measure, case).result()


def _row(result: Result) -> str:
    parts = (
        result.model,
        result.weights or "-",
        f"{result.width}x{result.height}",
        result.precision,
        f"{result.fps:.2f}",
        f"{result.gflop_per_frame:.1f}",
        f"x{result.context_cost:.2f}",
        f"{result.share_of_peak:.0%}",
        "-" if result.memory_mb is None else f"{result.memory_mb:.0f}",
        "-" if result.ratio is None else f"x{result.ratio:.2f}",
        "-" if result.psnr_to_plain is None else f"{result.psnr_to_plain:.1f}",
    )
    return "\t".join(parts)
