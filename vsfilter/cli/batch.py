"""Several inputs, one after the other; what fails does not stop the others."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING

import typer

from vsfilter.cli.report import report_error
from vsfilter.errors import SinkError

if TYPE_CHECKING:
    from vsfilter.cli.inputs import Job
    from vsfilter.cli.job_runner import JobRunner


def run_batch(jobs: list[Job], runner: JobRunner, *, skip_existing: bool) -> None:
    """Carry out jobs.

    Args:
        jobs: What to do.
        runner: Does one.
        skip_existing: Leave a job out whose output is there.

    Raises:
        Exit: With code 1, where a job failed.
    """
    from vsfilter.transcode_target import is_there

    failed: list[str] = []
    skipped = done = 0
    total = len(jobs)
    try:
        for number, job in enumerate(jobs, start=1):
            if skip_existing and is_there(job.target):
                skipped += 1
                _say(runner, f"[{number}/{total}] {job.target} is there: left as it is")
                continue
            _say(runner, f"[{number}/{total}] {job.source} -> {job.target}")
            if _succeeds(job, runner):
                done += 1
            else:
                failed.append(job.source)
    except KeyboardInterrupt:
        summary = _summary(done, skipped, failed, total)
        _say(runner, f"{summary}: the same command with --skip-existing goes on")
        raise
    _say(runner, _summary(done, skipped, failed, total))
    if failed:
        raise typer.Exit(1)


def _succeeds(job: Job, runner: JobRunner) -> bool:
    try:
        runner.run(job)
    except Exception as error:  # noqa: BLE001  # the top of a command, once for each input
        text = report_error(error, about=job.source)
        if runner.as_json:
            record = {"source": job.source, "target": job.target, "error": text}
            print(json.dumps(record), flush=True)
        return False
    return True


def _summary(done: int, skipped: int, failed: list[str], total: int) -> str:
    words = [f"{done} of {total} inputs done"]
    if skipped:
        words.append(f"{skipped} left out")
    if failed:
        words.append(f"{len(failed)} failed ({', '.join(failed)})")
    return ", ".join(words)


def _say(runner: JobRunner, text: str) -> None:
    if not runner.quiet:
        print(text, file=sys.stderr)


@contextmanager
def output_folder(folder: Path) -> Iterator[None]:
    """Make a folder; remove it again where nothing came into it.

    Raises:
        SinkError: It cannot be made.
    """
    missing = [path for path in (folder, *folder.parents) if not path.exists()]
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise SinkError(f"cannot make the folder {str(folder)!r}: {error.strerror}") from error
    try:
        yield
    finally:
        for path in missing:
            with suppress(OSError):  # it holds something now
                path.rmdir()
