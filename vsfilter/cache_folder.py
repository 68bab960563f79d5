"""Where files are kept that can be made again."""

from __future__ import annotations

import os
from pathlib import Path


def cache_folder() -> Path:
    """Give the folder: `VSFILTER_CACHE`, else the platform's place for caches."""
    stated = os.environ.get("VSFILTER_CACHE")
    if stated:
        return Path(stated)
    from platformdirs import user_cache_path  # each system has its own place for such data

    return user_cache_path("vsfilter", appauthor=False)
