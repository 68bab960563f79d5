"""What an earlier run of the same has left beside an output."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from pathlib import Path

from vsfilter.engine.geometry import Geometry, Settled
from vsfilter.engine.settings import Settings
from vsfilter.sinks.output_path import followed
from vsfilter.sinks.segments.journal import read_journal
from vsfilter.sinks.segments.segment_store import ASKED, FINGERPRINT
from vsfilter.sinks.segments.work_folder import WorkFolder
from vsfilter.window import Grid

_LOG = logging.getLogger(__name__)


def earlier_geometry(target: str, asked: Mapping[str, str], settings: Settings) -> Settled | None:
    """Give the windows and tiles of an earlier run that asked for the same.

    They depend on the memory that was free then. With others its segments could not be used; of a
    run that asked for anything else they say nothing.

    Args:
        target: The output.
        asked: What `request` says of this run.
        settings: How to restore.

    Returns:
        None where there is no such run, or what it has left cannot be read.
    """
    try:
        entries = read_journal(WorkFolder(followed(Path(target))).journal)
        made_from = entries[0][FINGERPRINT]
        if entries[0][ASKED] != asked:
            return None
        core, context, tile = (_number(made_from[name]) for name in ("core", "context", "tile"))
        grid = Grid(core=core or 0, context=context or 0, blend=settings.blend)
    except (OSError, ValueError, KeyError, IndexError, TypeError) as error:
        _LOG.debug("nothing is known of an earlier run: %r", error)
        return None
    return Settled(geometry=Geometry(grid=grid, tile=tile), must_fit=True)


def _number(word: str) -> int | None:
    return None if word == "None" else int(word)
