"""Ray, without what it says and opens by itself; the only file that imports it."""

from __future__ import annotations

import logging
import os
import secrets
from typing import Any

from vsfilter.errors import OptionError


def import_ray() -> Any:  # Any: it is not there for everybody
    """Import Ray, silent and without statistics sent home.

    Raises:
        OptionError: It is not installed.
    """
    os.environ.setdefault("RAY_USAGE_STATS_ENABLED", "0")
    # under `uv run` Ray would copy the folder, and install everything anew for its workers
    os.environ.setdefault("RAY_ENABLE_UV_RUN_RUNTIME_ENV", "0")
    try:
        import ray
    except ImportError as error:
        raise OptionError("workers need the library Ray: pip install 'vsfilter[ray]'") from error
    logging.getLogger("ray").setLevel(logging.ERROR)
    # what Ray tells of dead workers, whatever it was told, it prints on stdout, which is for data
    ray._private.worker.print_to_stdstream = lambda *arguments, **named: None
    return ray


def keep_to_ourselves() -> None:
    """Let nobody else on this machine send work to our cluster; Ray reads this on import."""
    if "RAY_AUTH_MODE" not in os.environ:
        os.environ["RAY_AUTH_MODE"] = "token"
        os.environ.setdefault("RAY_AUTH_TOKEN", secrets.token_hex(32))
