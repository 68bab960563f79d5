"""What Ray notes of worker processes that do not begin, which it tells nobody else."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from pathlib import Path

_FAILED = "have not registered within the timeout"
"""Ray's line for each start that came to nothing, after the minute that it waits for one."""
_OWN_MARK = "(raylet)"


class BadStarts(NamedTuple):
    """Starts of worker processes that came to nothing.

    Attributes:
        number: How many.
        reason: What the last one said before it ended; empty if it was silent.
    """

    number: int
    reason: str


def read_bad_starts(folder: Path) -> BadStarts:
    """Read the log of a cluster's first machine, into which its processes write too.

    Args:
        folder: Where Ray keeps its sessions.
    """
    number, reason, said = 0, "", ""
    log = next(folder.glob("session_*/logs/raylet.err"), None)  # session_latest is a link to it
    text = log.read_text(encoding="utf-8", errors="replace") if log else ""
    for line in text.splitlines():
        if _FAILED in line:
            number, reason, said = number + 1, said or reason, ""
        elif line.strip() and _OWN_MARK not in line:
            said = line.strip()
    return BadStarts(number, reason)
