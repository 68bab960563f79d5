"""Where files are kept that can be made again."""

from __future__ import annotations

import os
from pathlib import Path

import platformdirs


def cache_folder() -> Path:
    """Give the folder: `VSFILTER_CACHE`, else the platform's place for caches."""
    stated = os.environ.get("VSFILTER_CACHE")
    return Path(stated) if stated else platformdirs.user_cache_path("vsfilter", appauthor=False)
