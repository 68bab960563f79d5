"""Several inputs, one after the other; what fails does not stop the others."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Literal

import typer

from vsfilter.cli.report import report_error
from vsfilter.errors import ClusterLostError, SinkError

if TYPE_CHECKING:
    from vsfilter.cli.inputs import Job
    from vsfilter.cli.job_runner import JobRunner

State = Literal["waiting", "running", "possible", "done", "failed"]


@dataclass(slots=True, kw_only=True)
class JobState:
    """How far a job is.

    Attributes:
        job: The job.
        state: Where it stands; "running", after the end of the batch, means that it was cut short,
            "possible" that a dry run has found nothing against it.
        is_left: It is as an earlier run has left it.
        error: Why it failed, in one line.
    """

    job: Job
    state: State = "waiting"
    is_left: bool = False
    error: str = ""


class Batch:
    """Jobs and their states.

    Args:
        jobs: What to do.
        runner: Does one.
        look_up: Sets the state of a job to what an earlier run has left; leaves it waiting where
            there is something to do.
        note: Told of each change of a state.
        go_on: How to go on after an interrupt, in words.

    Attributes:
        states: The state of each job.
    """

    def __init__(
        self,
        jobs: list[Job],
        runner: JobRunner,
        *,
        look_up: Callable[[JobState], None],
        note: Callable[[JobState], None],
        go_on: str,
    ) -> None:
        self.states = [JobState(job=job) for job in jobs]
        self._runner = runner
        self._look_up = look_up
        self._note = note
        self._go_on = go_on
        self._success: State = "possible" if runner.dry_run else "done"

    def run(self) -> None:
        """Carry the jobs out.

        Raises:
            Exit: With code 1, where a job failed.
            ClusterLostError: The workers are lost, and with them all jobs to come.
        """
        total = len(self.states)
        try:
            for number, each in enumerate(self.states, start=1):
                self._look_up(each)
                if each.state == "waiting":
                    self._say(f"[{number}/{total}] {each.job.source} -> {each.job.target}")
                    self._run_one(each)
                else:
                    self._say(f"[{number}/{total}] {_left(each)}")
        except KeyboardInterrupt:
            self._say(f"{self._summary()}: {self._go_on}")
            raise
        self._say(self._summary())
        if any(each.state == "failed" for each in self.states):
            raise typer.Exit(1)

    def _run_one(self, each: JobState) -> None:
        each.state = "running"
        self._note(each)
        try:
            self._runner.run(each.job)
        except ClusterLostError:
            raise
        except Exception as error:  # noqa: BLE001  # the top of a command, once for each input
            each.error = report_error(error, about=each.job.source)
        each.state = "failed" if each.error else self._success
        self._note(each)

    def _summary(self) -> str:
        done = [each for each in self.states if each.state == self._success and not each.is_left]
        left = [each for each in self.states if each.state == "done" and each.is_left]
        failed = [each.job.source for each in self.states if each.state == "failed"]
        verb = "done" if self._success == "done" else "can be done"
        words = [f"{len(done)} of {len(self.states)} inputs {verb}"]
        if left:
            words.append(f"{len(left)} left out")
        if failed:
            words.append(f"{len(failed)} failed ({', '.join(failed)})")
        return ", ".join(words)

    def _say(self, text: str) -> None:
        if not self._runner.quiet:
            print(text, file=sys.stderr)


def _left(each: JobState) -> str:
    if each.state == "failed":
        return f"{each.job.source} failed before ({each.error}): --retry-failed tries it again"
    return f"{each.job.target} is there: left as it is"


def run_batch(jobs: list[Job], runner: JobRunner, *, skip_existing: bool) -> None:
    """Carry out jobs; nothing is remembered but their outputs.

    Args:
        jobs: What to do.
        runner: Does one.
        skip_existing: Leave a job out whose output is there.

    Raises:
        Exit: With code 1, where a job failed.
    """
    from vsfilter.transcode.target import is_there

    def look_up(each: JobState) -> None:
        if skip_existing and is_there(each.job.target):
            each.state, each.is_left = "done", True

    def note(each: JobState) -> None:
        if runner.as_json and each.state == "failed":
            job = each.job
            record = {"source": job.source, "target": job.target, "error": each.error}
            print(json.dumps(record), flush=True)

    go_on = "the same command with --skip-existing goes on"
    Batch(jobs, runner, look_up=look_up, note=note, go_on=go_on).run()


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
