"""Processes of their own that have everything imported already, which takes seconds each."""

from __future__ import annotations

import multiprocessing
import os
import subprocess
import sys
import tempfile
from importlib import import_module
from pathlib import Path

PROCESSES = multiprocessing.get_context("forkserver")
"""Starts processes as forks of one that has done nothing but import."""
PROCESSES.set_forkserver_preload(
    ["tests.resume_runs", "vsfilter.cli.job_runner", "vsfilter_basicvsr.basicvsr", "cv2"]
)


def run_entry(
    entry: str, *arguments: object, data: bytes = b"", folder: Path | None = None
) -> subprocess.CompletedProcess[bytes]:
    """Run a command as its console script does.

    Args:
        entry: The function that the script calls, as `module:function`.
        *arguments: What follows the name of the command.
        data: What comes on standard input.
        folder: Where it runs; None for here.
    """
    call = [entry.partition(":")[0], *map(str, arguments)]
    with tempfile.TemporaryDirectory() as streams:
        paths = [Path(streams) / name for name in ("in", "out", "err")]
        paths[0].write_bytes(data)
        process = PROCESSES.Process(
            target=run_with_streams, args=(entry, call, paths, folder or Path.cwd())
        )
        process.start()
        process.join()
        code = process.exitcode
        assert code is not None
        output, errors = paths[1].read_bytes(), paths[2].read_bytes()
    return subprocess.CompletedProcess(call, code, output, errors)


def run_with_streams(entry: str, call: list[str], paths: list[Path], folder: Path) -> None:
    """Run a command in this process, with these files as its standard streams."""
    flags = (os.O_RDONLY, os.O_WRONLY | os.O_CREAT, os.O_WRONLY | os.O_CREAT)
    for number, (path, flag) in enumerate(zip(paths, flags, strict=True)):
        os.dup2(os.open(path, flag), number)
    # what the server has read, or was given by its own parent, is not ours
    sys.stdin = open(0, closefd=False)  # noqa: SIM115
    os.chdir(folder)
    sys.argv = call
    module, _, function = entry.partition(":")
    getattr(import_module(module), function)()
