"""BasicVSR, IconVSR and BasicVSR++ as a vsfilter plugin."""

from vsfilter.plugin import Backend, hookimpl

from .basicvsr_backend import BASICVSR
from .basicvsrpp_backend import BASICVSRPP
from .iconvsr_backend import ICONVSR


@hookimpl
def vsfilter_backends() -> list[Backend]:
    """Return the backends of this plugin."""
    return [BASICVSR, ICONVSR, BASICVSRPP]
