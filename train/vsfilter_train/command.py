"""The command `vsr train`."""

from pathlib import Path
from typing import Annotated

import typer


def train(
    recipe: Annotated[Path, typer.Argument(help="A TOML file; see train/recipes.")],
    out: Annotated[Path, typer.Option(help="Folder for weights, state and log.")],
    *,
    resume: Annotated[bool, typer.Option("--resume", help="Go on from DIR/state.")] = False,
    changes: Annotated[
        list[str] | None,
        typer.Option("--set", metavar="KEY=VALUE", help="Change a setting: schedule.rate=5e-4."),
    ] = None,
    steps: Annotated[int | None, typer.Option(help="Steps in all.")] = None,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Check the recipe, print it as JSON, train nothing.")
    ] = False,
) -> None:
    """Train a model on video files; writes DIR/best.safetensors."""
    import json
    import logging

    from .recipe import read_recipe

    logging.basicConfig(level=logging.INFO, format="%(message)s")
    extra = [] if steps is None else [f"schedule.steps={steps}"]
    settings = read_recipe(recipe, changes=(*(changes or ()), *extra))
    if dry_run:
        typer.echo(json.dumps(settings.as_dict(), indent=2))
        return
    from .train import train as run

    run(settings, out, resume=resume)
