"""The command `vsr batch`: the inputs of a list, remembered from run to run."""

from __future__ import annotations

import codecs
import json
import sys
from contextlib import ExitStack
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from vsfilter.cli.batch import Batch, JobState, output_folder
from vsfilter.cli.inputs import STANDARD_INPUT, Job, batch_jobs
from vsfilter.cli.interrupts import interrupts
from vsfilter.cli.shared_options import takes
from vsfilter.cli.transcode import restore_options
from vsfilter.errors import OptionError, SourceError, SourceNotFoundError, VsfilterError
from vsfilter.standard_streams import standard_input

if TYPE_CHECKING:
    from vsfilter.cli.job_runner import JobRunner

_SCRIPT = ".vpy"


@takes(restore_options)
def batch(
    file: Annotated[
        str,
        typer.Argument(
            metavar="LIST",
            show_default=False,
            help="A text file with an input a line: a path, or a pattern; - is standard input.",
        ),
    ],
    *,
    runner: JobRunner,
    output_dir: Annotated[
        Path, typer.Option(help="Folder for the outputs, and for the ledger of what is done.")
    ],
    container: Annotated[
        str | None,
        typer.Option(help="mkv, mp4, mov, webm, png or tiff; default: as the input."),
    ] = None,
    retry_failed: Annotated[
        bool, typer.Option("--retry-failed", help="Try again what failed in an earlier run.")
    ] = False,
    allow_scripts: Annotated[
        bool, typer.Option("--allow-scripts", help="Run the .vpy files of LIST: they are programs.")
    ] = False,
) -> None:
    """Restore all inputs of LIST; the same command goes on where an earlier one was stopped."""
    jobs = read_list(file, output_dir, container, allow_scripts=allow_scripts)
    with ExitStack() as stack:
        stack.enter_context(interrupts())
        stack.enter_context(runner)
        stack.enter_context(output_folder(output_dir))
        todo = _remembering(jobs, runner, output_dir, stack, retry_failed=retry_failed)
        stack.callback(_report, todo.states, runner)
        todo.run()


def _remembering(
    jobs: list[Job], runner: JobRunner, folder: Path, stack: ExitStack, *, retry_failed: bool
) -> Batch:
    """Give a batch that looks into a ledger and writes into it; a dry run has none."""
    from vsfilter.cli.ledger import Ledger
    from vsfilter.transcode.fingerprint import request

    ledger = None if runner.dry_run else stack.enter_context(Ledger(folder))

    def made_from(job: Job) -> dict[str, str]:
        return request(
            job.source,
            setting=runner.settings,
            encoder=runner.encoder,
            size=runner.size,
            input=runner.reading,
            fidelity=runner.fidelity,
        )

    def look_up(each: JobState) -> None:
        if ledger is None or each.job.refusal is not None:
            return
        past = ledger.past(each.job, made_from(each.job))
        if past is not None and past.is_done:
            each.state, each.is_left = "done", True
        elif past is not None and not (retry_failed or runner.overwrite):
            each.state, each.is_left, each.error = "failed", True, past.error

    def note(each: JobState) -> None:
        if ledger is not None and each.job.refusal is None:
            ledger.note(each, made_from(each.job))

    # its own reports in JSON would come between the states
    silent = replace(runner, as_json=False)
    return Batch(jobs, silent, look_up=look_up, note=note, go_on="the same command goes on")


def read_list(file: str, folder: Path, container: str | None, *, allow_scripts: bool) -> list[Job]:
    """Read a list of inputs; a line that cannot be done becomes a job that says so.

    Args:
        file: The list; `-` for standard input. Blank lines are none.
        folder: Where the outputs go: names are made anew, so none can lie elsewhere.
        container: As `batch_jobs` takes it.
        allow_scripts: Whether scripts may run.

    Raises:
        SourceNotFoundError: There is no such list.
        OptionError: The container is unknown, or the list is empty.
    """
    batch_jobs([], folder, container)
    jobs: dict[str, Job] = {}
    for line in _lines(file):
        try:
            found = batch_jobs([line], folder, container)
        except VsfilterError as error:
            found = [Job(source=line, target="", refusal=error)]
        except OSError as error:  # a name that is too long, a folder that lets nobody in
            unreadable = SourceError(f"input {line!r} cannot be read: {error.strerror}")
            found = [Job(source=line, target="", refusal=unreadable)]
        for job in found:
            key = job.target.casefold() or job.source
            other = jobs.get(key)
            if other is None:
                jobs[key] = job if allow_scripts else _without_script(job)
            elif other.source != job.source:
                refusal = OptionError(
                    f"inputs {other.source!r} and {job.source!r} would both become "
                    f"{job.target!r}: put the second one into another list and folder"
                )
                jobs[job.source] = replace(job, target="", refusal=refusal)
    if not jobs:
        raise OptionError(f"list {file!r} names no input: write a path or a pattern a line")
    return list(jobs.values())


def _lines(file: str) -> list[str]:
    if file == STANDARD_INPUT:
        text = _decode(standard_input().read())
    elif not Path(file).is_file():
        raise SourceNotFoundError(f"list {file!r} is no file: give a text file with paths")
    else:
        text = _decode(Path(file).read_bytes())
    if "\0" in text:
        raise OptionError(f"list {file!r} is no text in UTF-8: save it as such")
    return [line.strip() for line in text.split("\n") if line.strip()]


def _decode(content: bytes) -> str:
    """Read a text; PowerShell writes UTF-16, Windows' editors a mark before UTF-8."""
    if content.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        return content.decode("utf-16", errors="replace")
    # names of files need not be UTF-8
    return content.decode("utf-8-sig", errors="surrogateescape").replace("\r\n", "\n")


def _without_script(job: Job) -> Job:
    if Path(job.source).suffix.lower() != _SCRIPT:
        return job
    refusal = OptionError(
        f"input {job.source!r} is a script, which can do whatever you can: --allow-scripts runs it"
    )
    return replace(job, refusal=refusal)


def _report(states: list[JobState], runner: JobRunner) -> None:
    """Show the table of states on stderr, and with --json on stdout."""
    if not runner.quiet:
        for each in states:
            was_cut = each.state == "running"
            words = "cut short: the same command goes on" if was_cut else each.error
            print(f"{each.state:8} {each.job.source}  {words}".rstrip(), file=sys.stderr)
    if runner.as_json:
        for each in states:
            record = {
                "source": each.job.source,
                "target": each.job.target or None,
                "state": each.state,
                "is_left": each.is_left,
                "error": each.error or None,
            }
            print(json.dumps(record), flush=True)
