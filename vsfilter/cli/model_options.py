"""Options by which several commands choose how a model runs."""

from __future__ import annotations

from typing import Annotated

import typer

Quality = Annotated[
    str,
    typer.Option(
        help="fast or good: which of the model's sets, where none is named; best: the mean of its "
        "results for the clip turned in 8 ways, 8 times the work."
    ),
]
Precision = Annotated[str, typer.Option(help="auto, fp32, bf16 or fp16.")]
ModelOptions = Annotated[
    list[str] | None,
    typer.Option(metavar="KEY=VALUE", help="An option of the model: refine_threshold=2."),
]
