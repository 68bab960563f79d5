"""The plugin API: what a plugin offers, and how it is found.

A plugin is an importable module named by an entry point of the group `vsfilter`. Finding plugins
imports no torch: a plugin's `__init__.py` imports this module and loads its model inside `load`.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from importlib.metadata import EntryPoint, entry_points
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal, Protocol

import pluggy

from vsfilter.errors import OptionError, PluginError

if TYPE_CHECKING:
    from torch import Tensor, nn

    from vsfilter.frame import ClipReader

log = logging.getLogger(__name__)
PROJECT = "vsfilter"
hookspec = pluggy.HookspecMarker(PROJECT)
hookimpl = pluggy.HookimplMarker(PROJECT)

Precision = Literal["fp32", "bf16", "fp16"]


class Model(Protocol):
    """A network with its weights on a device, ready to restore frames.

    A model that can be trained also has its `torch.nn.Module` as `module`.
    """

    @property
    def scale(self) -> int:
        """How many times larger the output is, in each direction."""

    def restore(self, frames: Tensor, keep: slice = slice(None)) -> Tensor:
        """Restore a run of consecutive frames of one shot.

        Args:
            frames: (t, 3, h, w), float32, RGB in [0, 1], on the model's device; any t, h, w >= 1.
            keep: The frames whose output is wanted; the others are context.

        Returns:
            (kept frames, 3, scale * h, scale * w), float32, RGB.
        """


class Load(Protocol):
    """Signature of `Backend.load`."""

    def __call__(
        self,
        weights: str | Path | None,
        *,
        device: str,
        precision: Precision,
        **options: Any,  # Any: each backend checks its own options by name
    ) -> Model:
        """Load a model.

        Args:
            weights: A file, the name of one of the backend's sets, or None for its default.
            device: A torch device that exists, such as "cpu" or "cuda:0".
            precision: The lowest precision that the model may use inside.
            options: The backend's own options.

        Raises:
            WeightsError: The weights cannot be read or are of another architecture.
            OptionError: An option is unknown or has a wrong value.
        """


def refuse_options(backend: str, options: Mapping[str, object]) -> None:
    """Refuse options that a backend does not have; for use in its `load`.

    Raises:
        OptionError: There is an option.
    """
    if options:
        raise OptionError(f"model {backend!r} has no option {min(options)!r}: leave it out")


@dataclass(frozen=True, slots=True, kw_only=True)
class NamedWeights:
    """A weights file that a backend knows by name.

    Attributes:
        name: What the user types.
        file: Where the file lies.
        scale: Scale of the model that it makes.
        sha256: Hash of the file, in hex.
        source: Where it came from, in a few words.
        licence: SPDX identifier, or what the source states.
    """

    name: str
    file: Path
    scale: int
    sha256: str
    source: str
    licence: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Backend:
    """What a plugin offers: how to make a model, and the windows that it likes.

    Attributes:
        name: What the user types; lower case, unique over all plugins.
        summary: One line for `vsr models`.
        scales: Scales that its models can have.
        core: Default frames delivered by a window.
        context: Default frames read on each side of the core.
        load: Makes a model.
        multiple: Sides of the input are padded to a multiple of this, in px.
        weights: Sets known by name; the first one is the default.
        needs_weights: False for a backend that computes without any.
        recognises: Tells whether a state dict is of this architecture, from its keys.
        create: Makes an untrained `torch.nn.Module` from the options that a weights header
            records; None where the backend cannot be trained. It maps clips (b, t, 3, h, w) to
            (b, t, 3, scale * h, scale * w).
        paper: Title and year of the paper.
        licence: SPDX identifier of the backend's code.
    """

    name: str
    summary: str
    scales: tuple[int, ...]
    core: int
    context: int
    load: Load
    multiple: int = 1
    weights: tuple[NamedWeights, ...] = ()
    needs_weights: bool = True
    recognises: Callable[[Iterable[str]], bool] | None = None
    create: Callable[..., nn.Module] | None = None
    paper: str = ""
    licence: str = ""

    def __post_init__(self) -> None:
        """Refuse a record that breaks the contract, so that its plugin is reported."""
        if not self.name or self.name != self.name.lower() or ":" in self.name:
            raise PluginError(f"backend name {self.name!r} is not lower case without a colon")
        if not self.scales or min(self.scales) < 1:
            raise PluginError(f"backend {self.name!r} has scales {self.scales}: give at least 1")
        if self.core < 1 or self.context < 0 or self.multiple < 1:
            raise PluginError(
                f"backend {self.name!r} has core {self.core}, context {self.context}, multiple "
                f"{self.multiple}: the least are 1, 0 and 1"
            )


@dataclass(frozen=True, slots=True, kw_only=True)
class Source:
    """A kind of input that a plugin can read.

    Attributes:
        name: Short name for `vsr plugins`, unique over all plugins.
        summary: One line for `vsr plugins`.
        accepts: Tells from its name alone (a path, or `-`) whether the input is of this kind.
        open: Opens the input.
        is_fallback: Asked only when no other source accepts the input.
    """

    name: str
    summary: str
    accepts: Callable[[str], bool]
    open: Callable[[str], ClipReader]
    is_fallback: bool = False


class Hooks:
    """The hooks that a plugin may implement."""

    @hookspec
    def vsfilter_backends(self) -> list[Backend]:  # type: ignore[empty-body]  # a pluggy spec has no body
        """Return the backends that the plugin offers."""

    @hookspec
    def vsfilter_sources(self) -> list[Source]:  # type: ignore[empty-body]  # a pluggy spec has no body
        """Return the kinds of input that the plugin reads."""


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
    except Exception as error:  # noqa: BLE001  # the plugin border: strangers raise anything
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


def find_source(path: str) -> Source:
    """Give the source that reads a path.

    Raises:
        PluginError: No source accepts it, or several do.
    """
    sources = [source for plugin in discover() for source in plugin.sources]
    accepting = [source for source in sources if _accepts(source, path)]
    chosen = [source for source in accepting if not source.is_fallback] or accepting
    if not chosen:
        raise PluginError(f"no installed source reads {path!r}: see vsr plugins")
    if len(chosen) > 1:
        names = " and ".join(source.name for source in chosen)
        raise PluginError(f"{path!r} is read by the sources {names}: uninstall one")
    return chosen[0]


def _accepts(source: Source, path: str) -> bool:
    try:
        return bool(source.accepts(path))
    except Exception as error:  # noqa: BLE001  # the plugin border: strangers raise anything
        log.warning("source %r is left out: %s: %s", source.name, type(error).__name__, error)
        return False
