"""Finding plugins: what is installed, what it offers, and what is wrong with it."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from importlib.metadata import EntryPoint, entry_points

import pluggy

from vsfilter.errors import PluginError
from vsfilter.plugin import PROJECT, Backend, Hooks, Source

log = logging.getLogger(__name__)

_HOOKS = ("vsfilter_backends", "vsfilter_sources")


@dataclass(frozen=True, slots=True, kw_only=True)
class Plugin:
    """One entry point and what came of it.

    Attributes:
        name: Name of the entry point.
        distribution: Name and version of the installed package.
        backends: The backends that it offers.
        sources: The sources that it offers.
        problem: Why it could not be used, in one line; empty where all is well.
    """

    name: str
    distribution: str
    backends: tuple[Backend, ...] = ()
    sources: tuple[Source, ...] = ()
    problem: str = ""


def discover() -> list[Plugin]:
    """Find all installed plugins; one that fails is reported, the others stay usable."""
    found = sorted(entry_points(group=PROJECT), key=lambda entry: entry.name)
    return [_load_plugin(entry) for entry in found]


def _load_plugin(entry: EntryPoint) -> Plugin:
    distribution = f"{entry.dist.name} {entry.dist.version}" if entry.dist else "unknown"
    try:
        return inspect_plugin(entry.load(), name=entry.name, distribution=distribution)
    except (Exception, SystemExit) as error:  # noqa: BLE001  # strangers raise anything
        problem = f"{type(error).__name__}: {error}".splitlines()[0]
        return Plugin(name=entry.name, distribution=distribution, problem=problem)


def inspect_plugin(plugin: object, *, name: str, distribution: str = "") -> Plugin:
    """Call the hooks of one plugin object.

    Args:
        plugin: A module or object with hook implementations.
        name: Name for reports.
        distribution: Name and version of its package.

    Raises:
        PluginError: The hooks return something else than they promise.
        Exception: Whatever the plugin itself raises.
    """
    manager = pluggy.PluginManager(PROJECT)
    manager.add_hookspecs(Hooks)
    manager.register(plugin, name=name)
    manager.check_pending()  # a hook of a name that nobody calls is a typing mistake
    for hook in _HOOKS:
        if hasattr(plugin, hook) and manager.parse_hookimpl_opts(plugin, hook) is None:
            raise PluginError(f"{hook} is not marked: put @hookimpl of vsfilter before it")
    backends = [item for result in manager.hook.vsfilter_backends() for item in result]
    sources = [item for result in manager.hook.vsfilter_sources() for item in result]
    for item in backends:
        if not isinstance(item, Backend):
            raise PluginError(f"vsfilter_backends returned {item!r}, which is no Backend")
    for item in sources:
        if not isinstance(item, Source):
            raise PluginError(f"vsfilter_sources returned {item!r}, which is no Source")
    if not backends and not sources:
        raise PluginError("offers nothing: implement vsfilter_backends or vsfilter_sources")
    return Plugin(
        name=name, distribution=distribution, backends=tuple(backends), sources=tuple(sources)
    )


def clashes(plugins: Iterable[Plugin]) -> dict[str, list[str]]:
    """Give each backend name that is offered more than once, with the plugins that offer it."""
    owners: dict[str, list[str]] = {}
    for plugin in plugins:
        for backend in plugin.backends:
            owners.setdefault(backend.name, []).append(plugin.name)
    return {name: names for name, names in owners.items() if len(names) > 1}


def backends() -> dict[str, Backend]:
    """Give the usable backends of all installed plugins by name, without the clashing ones."""
    plugins = discover()
    taken = clashes(plugins)
    return {
        backend.name: backend
        for plugin in plugins
        for backend in plugin.backends
        if backend.name not in taken
    }


def find_backend(name: str) -> Backend:
    """Give the backend of that name.

    Raises:
        PluginError: No plugin offers it, its plugin is broken, or several plugins offer it.
    """
    plugins = discover()
    owners = clashes(plugins).get(name)
    if owners:
        raise PluginError(
            f"model {name!r} is offered by the plugins {' and '.join(owners)}: uninstall one"
        )
    known: Mapping[str, Backend] = {b.name: b for plugin in plugins for b in plugin.backends}
    if name in known:
        return known[name]
    broken = [f"{plugin.name} ({plugin.problem})" for plugin in plugins if plugin.problem]
    hint = f"; broken plugins: {', '.join(broken)}" if broken else ""
    raise PluginError(f"unknown model {name!r}: choose one of {', '.join(sorted(known))}{hint}")


def distribution_of(name: str) -> str:
    """Give name and version of the package that offers a backend, such as "vsfilter 0.1.0"."""
    owners = (p.distribution for p in discover() for backend in p.backends if backend.name == name)
    return next(owners, "unknown")


def find_source(path: str) -> Source:
    """Give the source that reads a path; one that was installed goes before one of our own.

    Raises:
        PluginError: No source accepts it, or several do that have the same right to it.
    """
    ranks: dict[tuple[bool, bool], list[Source]] = {}
    for plugin in discover():
        is_ours = plugin.distribution.startswith(f"{PROJECT} ")
        for source in plugin.sources:
            if says_yes(f"source {source.name!r}", source.accepts, path):
                ranks.setdefault((source.is_fallback, is_ours), []).append(source)
    if not ranks:
        raise PluginError(f"no installed source reads {path!r}: see vsr plugins")
    chosen = ranks[min(ranks)]
    if len(chosen) > 1:
        names = " and ".join(source.name for source in chosen)
        raise PluginError(f"{path!r} is read by the sources {names}: uninstall one")
    return chosen[0]


def says_yes(name: str, ask: Callable[..., object], about: object) -> bool:
    """Tell whether a plugin says yes about something; one that fails is left out, with a warning.

    Args:
        name: What the plugin offers, for the warning.
        ask: The plugin's own function.
        about: What it is asked about.
    """
    try:
        return bool(ask(about))
    except (Exception, SystemExit) as error:  # noqa: BLE001  # strangers raise anything
        log.warning("%s is left out: %s: %s", name, type(error).__name__, error)
        return False
