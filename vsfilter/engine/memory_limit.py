"""How much memory the windows of a clip may take, and what is remembered of it."""

from __future__ import annotations

import hashlib
import json
import logging
import os
import time

from vsfilter.cache_folder import cache_folder
from vsfilter.engine.memory import free_bytes

log = logging.getLogger(__name__)

USED_SHARE = 0.8
"""Share of the free memory that is used; the rest is for what is not foretold."""
LESS = 0.7
"""Share of what was too much that is tried next."""
LITTLE_LESS = 0.9
"""The same where windows before did fit: a run that goes on may take as much again."""
_KEPT_S = 7 * 86_400
"""How long a lowered limit holds: other programs end, and machines change."""


class MemoryLimit:
    """The limit for one kind of clip, lowered for a week where it was too much.

    Args:
        device: The torch device whose memory it is.
        kind: What the limit is for, in words: model, precision, size.
        workers: How many processes of this machine restore windows for another one; None where
            windows are restored by the process that uses them.

    Attributes:
        bytes: The limit for this process; what it has others hold for it counts.
        is_lowered: Whether windows have been too much for it within that week.
        workers: See above.
    """

    def __init__(self, device: str, kind: str, *, workers: int | None = None) -> None:
        self.workers = workers
        words = f"{device} {kind}" if workers is None else f"{device} {kind}, 1 of {workers}"
        name = hashlib.sha256(words.encode()).hexdigest()[:32]
        self._file = cache_folder() / "memory" / f"{name}.json"
        free = int(free_bytes(device, sharers=workers or 1) * USED_SHARE)
        remembered = self._recall()
        self.bytes = free if remembered is None else min(free, remembered)
        self.is_lowered = remembered is not None

    def lower(self, to: int) -> None:
        """Take no more than so many bytes from now on, in later runs too."""
        self.bytes = min(self.bytes, to)
        self.is_lowered = True
        new = self._file.with_suffix(f".{os.getpid()}")
        try:
            self._file.parent.mkdir(parents=True, exist_ok=True)
            new.write_text(json.dumps({"bytes": self.bytes, "at_s": time.time()}))
            new.replace(self._file)
        except OSError as error:
            log.debug("%s is not written: %s", self._file, error)

    def _recall(self) -> int | None:
        try:
            stored = json.loads(self._file.read_text())
            is_fresh = time.time() - stored["at_s"] < _KEPT_S
            return int(stored["bytes"]) if is_fresh else None
        except (OSError, ValueError, KeyError, TypeError) as error:
            log.debug("%s is not used: %s", self._file, error)
            return None
