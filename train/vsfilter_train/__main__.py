"""`python -m vsfilter_train`: the same as `vsr train`, for machines without the media libraries."""

import sys

import typer

from vsfilter.errors import VsfilterError

from .command import train

app = typer.Typer(add_completion=False)
app.command()(train)

if __name__ == "__main__":
    try:
        app()
    except VsfilterError as error:
        sys.exit(f"error: {error}")
