"""What a batch has done, kept beside its outputs for the next run of it."""

from __future__ import annotations

import sys
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from vsfilter.closing import Closing
from vsfilter.errors import SinkError
from vsfilter.file_lock import FileLock
from vsfilter.sinks.segments.journal import Entry, Journal
from vsfilter.transcode.target import is_there, was_published

if TYPE_CHECKING:
    from vsfilter.cli.batch import JobState
    from vsfilter.cli.inputs import Job

_NAME = "batch.ledger"


@dataclass(frozen=True, slots=True, kw_only=True)
class Past:
    """What became of a job in an earlier run.

    Attributes:
        is_done: Whether its output is there, made from what would be used now.
        error: Why not, where it failed.
    """

    is_done: bool
    error: str = ""


class Ledger(Closing):
    """A journal of states, one line for each change, held by one batch at a time.

    Args:
        folder: The folder of the outputs.

    Raises:
        SinkError: It cannot be read or written, or another batch holds it.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._lock_file = folder / f"{_NAME}.lock"
        self._lock = FileLock(self._lock_file)
        try:
            self._lock.take()
            self._journal = Journal(folder / _NAME)
        except BlockingIOError as error:
            raise SinkError(
                f"another batch writes into {str(folder)!r}: wait for its end, or give another "
                "--output-dir"
            ) from error
        except OSError as error:
            self._lock.release()
            raise SinkError(f"cannot write to {str(folder)!r}: {error.strerror}") from error
        self._last: dict[str, Entry] = {entry["target"]: entry for entry in self._journal.entries}

    def past(self, job: Job, made_from: Mapping[str, str]) -> Past | None:
        """Tell what became of a job; None where it was cut short, or is another one by now.

        Args:
            job: The job.
            made_from: All that decides its output, in words.
        """
        entry = self._last.get(self._key(job))
        if entry is None or entry["made from"] != made_from:
            return None
        if entry["state"] == "failed":
            return Past(is_done=False, error=entry["error"])
        now = _stamp(job.target)
        if entry["state"] == "running":  # cut short, maybe after all was done but this note
            is_new = now is not None and now != entry["output"]
            return Past(is_done=True) if is_new and was_published(job.target) else None
        is_done = entry["state"] == "done" and entry["output"] == now
        return Past(is_done=True) if is_done else None

    def note(self, state: JobState, made_from: Mapping[str, str]) -> None:
        """Note the state of a job, and wait until the disk has it.

        Raises:
            SinkError: It cannot be written.
        """
        job = state.job
        entry: Entry = {
            "target": self._key(job),
            "source": job.source,
            "state": state.state,
            "error": state.error,
            "output": _stamp(job.target),
            "made from": dict(made_from),
        }
        try:
            self._journal.append(entry)
        except OSError as error:
            raise SinkError(f"cannot write to {str(self._folder)!r}: {error.strerror}") from error
        self._last[entry["target"]] = entry

    def _key(self, job: Job) -> str:
        return Path(job.target).relative_to(self._folder).as_posix()

    def close(self) -> None:
        """Let another batch have it."""
        self._journal.close()
        if sys.platform == "win32":  # where an open file cannot be removed
            self._lock.release()
        with suppress(OSError):  # another batch may hold it by now
            self._lock_file.unlink(missing_ok=True)
        self._lock.release()


def _stamp(target: str) -> Any:  # Any: what JSON gives back
    """Tell an output from one that was changed or replaced; None where there is none."""
    path = Path(target)
    if not path.is_file():
        return "images" if is_there(target) else None
    stat = path.stat()
    return [stat.st_size, stat.st_mtime_ns]
