"""EDVR as a vsfilter plugin."""

from vsfilter.plugin import Backend, hookimpl


@hookimpl
def vsfilter_backends() -> list[Backend]:
    """Return the backends of this plugin."""
    return []
