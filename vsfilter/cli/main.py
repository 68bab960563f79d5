"""The command `vsr`: everything around the transcoding."""

from __future__ import annotations

import sys
from importlib.metadata import entry_points

import typer

from vsfilter.cli.compare import compare
from vsfilter.cli.doctor import doctor
from vsfilter.cli.evaluate import evaluate
from vsfilter.cli.listing import models, plugins
from vsfilter.cli.report import run_app
from vsfilter.cli.weights import app as weights_app

COMMANDS = "vsfilter.commands"
"""Entry-point group by which other packages (the training) add commands."""


def make_app() -> typer.Typer:
    """Make the application with the commands of all installed packages."""
    app = typer.Typer(
        name="vsr",
        add_completion=False,
        no_args_is_help=True,
        pretty_exceptions_enable=False,
        help="Models, plugins, measurements and training of vsfilter.",
        epilog="--debug shows the traceback of a failure. To restore a video: vsr-transcode.",
        context_settings={"help_option_names": ["-h", "--help"]},
    )
    for command in (models, plugins, evaluate, compare, doctor):
        app.command()(command)
    app.add_typer(weights_app, name="weights")
    for entry in sorted(entry_points(group=COMMANDS), key=lambda entry: entry.name):
        try:
            app.command(name=entry.name)(entry.load())
        except Exception as error:  # noqa: BLE001  # the plugin border: strangers raise anything
            reason = f"{type(error).__name__}: {error}".splitlines()[0]
            print(f"warning: command {entry.name!r} is left out: {reason}", file=sys.stderr)
    return app


def run() -> None:
    """Entry point of `vsr`."""
    run_app(make_app())
