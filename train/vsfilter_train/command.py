"""The command `vsr train`."""

from pathlib import Path
from typing import Annotated

import typer


def train(
    recipe: Annotated[Path, typer.Argument(help="A TOML file; see train/recipes.")],
    out: Annotated[
        Path | None,
        typer.Option(
            metavar="DIR", help="For weights, state and log; default: runs/NAME of the recipe."
        ),
    ] = None,
    *,
    resume: Annotated[bool, typer.Option("--resume", help="Go on from DIR/state.")] = False,
    changes: Annotated[
        list[str] | None,
        typer.Option("--set", metavar="KEY=VALUE", help="Change a setting: schedule.rate=5e-4."),
    ] = None,
    steps: Annotated[int | None, typer.Option(help="Steps in all.")] = None,
    processes: Annotated[
        int, typer.Option(min=1, help="Processes of this machine that share each batch.")
    ] = 1,
    dry_run: Annotated[
        bool,
        typer.Option(
            "--dry-run", help="Check the recipe, make its network, print JSON, train nothing."
        ),
    ] = False,
) -> None:
    """Train a model on video files; writes DIR/best.safetensors."""
    import json
    import logging
    import os

    from vsfilter.errors import OptionError

    from .network import make_module
    from .recipe import read_recipe

    is_first = os.environ.get("RANK", "0") == "0"  # of the processes that torchrun has started
    logging.basicConfig(level=logging.INFO if is_first else logging.WARNING, format="%(message)s")
    extra = [] if steps is None else [f"schedule.steps={steps}"]
    changed = (*(changes or ()), *extra)
    settings = read_recipe(recipe, changes=changed)
    if dry_run:
        make_module(settings)
        typer.echo(json.dumps(settings.as_dict(), indent=2))
        return
    folder = out or Path("runs") / settings.name
    is_plain = Path(settings.name).name == settings.name and settings.name.strip(".")
    if out is None and not is_plain:  # a recipe may be a stranger's
        raise OptionError(
            f"recipe '{recipe}' is named {settings.name!r}, which is no name of a folder: give "
            "--out"
        )
    if processes > 1:
        from .launch import run_processes

        options = ["--resume"] if resume else []
        options += [word for change in changed for word in ("--set", change)]
        raise typer.Exit(run_processes(processes, [str(recipe), "--out", str(folder), *options]))
    from .train import train as run

    run(settings, folder, resume=resume)
