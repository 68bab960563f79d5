"""The commands `vsr data ...`: looking at and preparing what a training learns from."""

from pathlib import Path
from typing import Annotated

import typer

app = typer.Typer(no_args_is_help=True, help="What a training learns from.")


@app.callback()
def _group() -> None:
    """Keep `preview` a command of its own while it is the only one."""


@app.command()
def preview(
    recipe: Annotated[Path, typer.Argument(help="A TOML file; see train/recipes.")],
    clip: Annotated[Path, typer.Argument(help="A video file.")],
    out: Annotated[Path, typer.Argument(metavar="OUT.png", help="The sheet.")],
    *,
    frame: Annotated[int, typer.Option(help="Number of the frame, from 0.")] = 0,
    seed: Annotated[int, typer.Option(help="Draws the first; each next one by the next.")] = 0,
    count: Annotated[int, typer.Option(help="Degradations shown.")] = 7,
    side: Annotated[int, typer.Option(help="Side of the shown part, in px.")] = 256,
    changes: Annotated[
        list[str] | None,
        typer.Option("--set", metavar="KEY=VALUE", help="Change a setting of the recipe."),
    ] = None,
    overwrite: Annotated[bool, typer.Option("--overwrite", help="Replace the sheet.")] = False,
) -> None:
    """Show what a recipe's degradations make of a clip, on one sheet."""
    from .network import make_module
    from .preview import Look, check_sheet_path, make_sheet, save_sheet
    from .recipe import read_recipe

    check_sheet_path(out, overwrite=overwrite)
    look = Look(frame=frame, seed=seed, count=count, side=side)
    settings = read_recipe(recipe, changes=tuple(changes or ()))
    _, scale = make_module(settings)
    save_sheet(make_sheet(settings, clip, look, scale=scale), out)
