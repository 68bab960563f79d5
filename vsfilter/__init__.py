"""Video super-resolution for VapourSynth scripts and video files, with pluggable torch models."""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from vsfilter import metrics, resize
    from vsfilter.discovery import backends
    from vsfilter.engine.load import load
    from vsfilter.errors import VsfilterError
    from vsfilter.plugin import Backend, Model, Source, hookimpl
    from vsfilter.vapoursynth.filter import upscale
    from vsfilter.vapoursynth.source import source

__all__ = [
    "Backend",
    "Model",
    "Source",
    "VsfilterError",
    "backends",
    "hookimpl",
    "load",
    "metrics",
    "resize",
    "source",
    "upscale",
]

_HOMES = {
    "Backend": "vsfilter.plugin",
    "Model": "vsfilter.plugin",
    "Source": "vsfilter.plugin",
    "VsfilterError": "vsfilter.errors",
    "backends": "vsfilter.discovery",
    "hookimpl": "vsfilter.plugin",
    "load": "vsfilter.engine.load",
    "source": "vsfilter.vapoursynth.source",
    "upscale": "vsfilter.vapoursynth.filter",
}


_MODULES = ("metrics", "resize")

if not TYPE_CHECKING:  # type checkers see the names above, and find fault with all others

    def __getattr__(name: str) -> Any:  # Any: whatever the name stands for
        """Import a public name on first use, so that `import vsfilter` loads no torch."""
        if name in _MODULES:
            return import_module(f"vsfilter.{name}")
        if name not in _HOMES:
            raise AttributeError(f"module 'vsfilter' has no attribute {name!r}")
        return getattr(import_module(_HOMES[name]), name)


def __dir__() -> list[str]:
    """Name what may be imported, for editors that ask the running module."""
    return sorted({*globals(), *__all__})
