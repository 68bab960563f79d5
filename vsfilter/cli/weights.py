"""The commands `vsr weights ...`: named sets of weights, and files that become such."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Annotated

import typer

from vsfilter.cli.report import show_warnings

AsJson = Annotated[bool, typer.Option("--json", help="Print JSON on stdout.")]

app = typer.Typer(
    rich_markup_mode=None,  # without it help takes half as long
    no_args_is_help=True,
    help="Weights by name: list, fetch, check and convert them.",
    epilog="They lie in a folder of yours, or in VSFILTER_WEIGHTS. VSFILTER_OFFLINE=1 forbids "
    "downloads.",
)


@app.command("list")
def list_weights(*, as_json: AsJson = False) -> None:
    """List all sets of weights: bundled, installed, or available to 'pull'."""
    from vsfilter.cli.weights_report import added_entry, print_sets, set_entry
    from vsfilter.weights.folder import added_weights, weights_folder
    from vsfilter.weights.installed import known_sets

    sets, added = known_sets().values(), added_weights().values()
    if as_json:
        import json

        entries = [*map(set_entry, sets), *map(added_entry, added)]
        print(json.dumps(entries, indent=2))
        return
    print_sets(sets, added)
    print(f"folder: {weights_folder()}", file=sys.stderr)


@app.command()
def pull(
    names: Annotated[list[str], typer.Argument(metavar="NAME...", help="Sets of 'list'.")],
    *,
    offline: Annotated[bool, typer.Option("--offline", help="Use no network.")] = False,
) -> None:
    """Fetch published weights, check their hash, and keep them."""
    from vsfilter.cli.weights_report import ByteProgress
    from vsfilter.weights.installed import find_set
    from vsfilter.weights.installed import pull as pull_set

    show_warnings(quiet=False)
    for name in names:
        find_set(name)  # a wrong name is told before anything is fetched
    for name in names:
        with ByteProgress(name) as progress:
            place = pull_set(name, progress.update, is_offline=offline)
        print(f"{name}: '{place}'", file=sys.stderr)


@app.command()
def add(
    file: Annotated[Path, typer.Argument(metavar="FILE", help="A checkpoint, ours or official.")],
    *,
    name: Annotated[
        str | None, typer.Option(help="Name for --weights; default: that of the file.")
    ] = None,
) -> None:
    """Copy a weights file into the folder, so that its name can be given as --weights."""
    from vsfilter.errors import WeightsError
    from vsfilter.weights.folder import sha256
    from vsfilter.weights.installed import add_own, add_published, published_with

    if not file.is_file():
        raise WeightsError(f"weights '{file}' do not exist: give a file")
    digest = sha256(file)
    if (item := published_with(digest)) is not None:
        if name not in (None, item.name):
            raise WeightsError(f"'{file}' is the published '{item.name}': leave --name out")
        place = add_published(file, item, digest)
        print(f"{item.name}: '{place}', its hash is right", file=sys.stderr)
        return
    from vsfilter.weights.inspection import inspect_weights  # only now: it imports torch

    found = inspect_weights(file)  # refuses what no model reads
    name = name or file.stem
    place = add_own(file, name, digest)
    print(f"{name}: '{place}', {found.backend} x{found.scale}", file=sys.stderr)


@app.command()
def verify(
    names: Annotated[
        list[str] | None, typer.Argument(metavar="[NAME]...", help="Default: all that are there.")
    ] = None,
) -> None:
    """Check the hash of bundled, fetched and added weights."""
    from vsfilter.errors import WeightsError
    from vsfilter.weights.installed import verify as verify_sets

    damaged = []
    for verdict in verify_sets(names or []):
        print(f"{'ok' if verdict.is_whole else 'DAMAGED'}  {verdict.name}  '{verdict.file}'")
        if not verdict.is_whole:
            damaged.append(f"{verdict.name} ({verdict.remedy})")
    if damaged:
        raise WeightsError(f"damaged weights: {'; '.join(damaged)}")


@app.command()
def convert(
    source: Annotated[Path, typer.Argument(metavar="IN", help="An official checkpoint.")],
    target: Annotated[Path, typer.Argument(metavar="OUT", help="A .safetensors file.")],
    *,
    overwrite: Annotated[bool, typer.Option("--overwrite", "-y", help="Replace OUT.")] = False,
) -> None:
    """Write an official checkpoint in vsfilter's own format; it restores the same, bit for bit."""
    from vsfilter.errors import WeightsError
    from vsfilter.weights.inspection import convert_weights

    if target.exists() and not overwrite:
        raise WeightsError(f"'{target}' exists: choose another name or give --overwrite")
    found = convert_weights(source, target)
    print(
        f"'{target}': {found.backend} x{found.scale}, {found.parameters:,} parameters",
        file=sys.stderr,
    )


@app.command()
def info(
    what: Annotated[str, typer.Argument(metavar="NAME|FILE", help="A set of 'list', or a file.")],
    *,
    as_json: AsJson = False,
) -> None:
    """Say what weights are: model, options, size, hash, licence, published figures."""
    from vsfilter.cli.weights_report import inspection_entry, print_entry, set_entry
    from vsfilter.weights.folder import verified_added_file, verified_file
    from vsfilter.weights.installed import find_set

    file = Path(what) if Path(what).is_file() else verified_added_file(what)
    entry: dict[str, object] = {}
    if file is None:
        known = find_set(what)
        if known.state == "available":
            entry = {"file": None, "published": set_entry(known)}
        else:
            file = verified_file(known.item)
    if file is not None:
        from vsfilter.weights.inspection import inspect_weights  # only now: it imports torch

        entry = inspection_entry(inspect_weights(file))
    if as_json:
        import json

        print(json.dumps(entry, indent=2))
        return
    print_entry(entry)
