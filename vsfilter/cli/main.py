"""The command `vsr`: everything around the transcoding."""

from __future__ import annotations

import sys
from importlib.metadata import entry_points

import typer

from vsfilter.cli.batch_list import batch
from vsfilter.cli.bench import bench
from vsfilter.cli.compare import compare
from vsfilter.cli.doctor import doctor
from vsfilter.cli.evaluate import evaluate
from vsfilter.cli.listing import models, plugins
from vsfilter.cli.report import run_app
from vsfilter.cli.version import Version
from vsfilter.cli.weights import app as weights_app

COMMANDS = "vsfilter.commands"
"""Entry-point group by which other packages (the training) add commands, or groups of them."""


def make_app() -> typer.Typer:
    """Make the application with the commands of all installed packages."""
    app = typer.Typer(
        rich_markup_mode=None,  # without it help takes half as long
        name="vsr",
        add_completion=False,
        no_args_is_help=True,
        pretty_exceptions_enable=False,
        help="Models, plugins, measurements and training of vsfilter.",
        epilog="--debug shows the traceback of a failure. To restore a video: vsr-transcode.",
        context_settings={"help_option_names": ["-h", "--help"]},
    )
    app.callback()(_options)
    for command in (models, plugins, evaluate, compare, batch, bench, doctor):
        app.command()(command)
    app.add_typer(weights_app, name="weights")
    for entry in sorted(entry_points(group=COMMANDS), key=lambda entry: entry.name):
        try:
            _add(app, entry.name, entry.load())
        except (Exception, SystemExit) as error:  # noqa: BLE001  # strangers raise anything
            reason = f"{type(error).__name__}: {error}".splitlines()[0]
            print(f"warning: command {entry.name!r} is left out: {reason}", file=sys.stderr)
    return app


def _options(*, version: Version = False) -> None:
    """Take the options of `vsr` itself."""


def _add(app: typer.Typer, name: str, command: object) -> None:
    """Add another package's command: a function, or an application with commands of its own."""
    if isinstance(command, typer.Typer):
        app.add_typer(command, name=name)
    elif callable(command):
        app.command(name=name)(command)
    else:
        raise TypeError(f"it is a {type(command).__name__}, neither a function nor a typer.Typer")


def run() -> None:
    """Entry point of `vsr`."""
    run_app(make_app())
