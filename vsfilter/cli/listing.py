"""The commands `vsr models` and `vsr plugins`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from vsfilter.discovery import Plugin
    from vsfilter.plugin import Backend
    from vsfilter.weights import NamedWeights

AsJson = Annotated[bool, typer.Option("--json", help="Print JSON on stdout.")]


def models(*, as_json: AsJson = False) -> None:
    """List the models and the weights that are there."""
    from vsfilter.discovery import backends

    found = list(backends().values())
    if as_json:
        import json

        print(json.dumps([entry for backend in found for entry in _entries(backend)], indent=2))
        return
    for backend in found:
        scales = ", ".join(f"x{scale}" for scale in backend.scales)
        print(f"{backend.name}  {scales}  {backend.summary}")
        for item in _present(backend):
            print(f"    {item.name}  x{item.scale}  {item.source}  {item.licence}")


def plugins(
    *,
    as_json: AsJson = False,
    check: Annotated[
        str | None,
        typer.Option(metavar="MODEL", help="Hold a model to the contract instead, and say how."),
    ] = None,
    weights: Annotated[
        str | None, typer.Option(help="With --check: a named set, or a file.")
    ] = None,
) -> None:
    """List the installed plugins, and what is wrong with them."""
    from vsfilter.discovery import clashes, discover

    if check is not None:
        from vsfilter.cli.check import check_model

        check_model(check, weights, as_json=as_json)
        return
    if weights is not None:
        from vsfilter.errors import OptionError

        raise OptionError(f"--weights {weights} is of no use here: name the model with --check")
    found = discover()
    doubled = clashes(found)
    if as_json:
        import json

        print(json.dumps([_plugin_entry(plugin, doubled) for plugin in found], indent=2))
        return
    for plugin in found:
        offers = [backend.name for backend in plugin.backends]
        offers += [f"source {source.name} ({source.summary})" for source in plugin.sources]
        state = f"BROKEN: {plugin.problem}" if plugin.problem else ", ".join(offers)
        print(f"{plugin.name}  ({plugin.distribution})  {state}")
    for name, owners in doubled.items():
        print(f"CLASH: model {name!r} is offered by {' and '.join(owners)}: uninstall one")


def _entries(backend: Backend) -> list[dict[str, object]]:
    """Give one entry for each set that is there; a backend without any has one entry too."""
    common = {"name": backend.name, "summary": backend.summary, "paper": backend.paper}
    present = _present(backend)
    if not present:
        nothing = {"weights": None, "scale": list(backend.scales), "source": None, "hash": None}
        return [{**common, **nothing, "licence": backend.licence}]
    return [
        {
            **common,
            "weights": item.name,
            "scale": item.scale,
            "quality": item.quality,
            "source": item.source,
            "hash": item.sha256,
            "licence": item.licence,
        }
        for item in present
    ]


def _present(backend: Backend) -> list[NamedWeights]:
    """Give the sets whose file is there; `vsr weights list` knows the others too."""
    from vsfilter.weights.folder import file_of

    return [item for item in backend.weights if file_of(item).is_file()]


def _plugin_entry(plugin: Plugin, doubled: dict[str, list[str]]) -> dict[str, object]:
    return {
        "name": plugin.name,
        "distribution": plugin.distribution,
        "backends": [backend.name for backend in plugin.backends],
        "sources": [source.name for source in plugin.sources],
        "problem": plugin.problem or None,
        "clashes": [name for name, owners in doubled.items() if plugin.name in owners],
    }
