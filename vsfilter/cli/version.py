"""The option `--version` of both commands."""

from __future__ import annotations

from typing import Annotated

import typer


def _show(wanted: bool) -> None:
    if wanted:
        from importlib.metadata import version

        print(f"vsfilter {version('vsfilter')}")
        raise typer.Exit


Version = Annotated[
    bool, typer.Option("--version", callback=_show, is_eager=True, help="Show the version.")
]
