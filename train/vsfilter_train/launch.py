"""Starting the processes of a training on this machine, as `torchrun` would, in plain words."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from typing import IO

from vsfilter.errors import TrainingError

from .stop import IS_AWAITED, SIGNALS

_POLL_S = 0.1
_GRACE_S = 5.0
"""How long the first process may take to tell of an error that another one has met first."""
_STOP_S = 120.0
"""How long the processes may take to finish their step and keep the state."""


def run_processes(count: int, arguments: Sequence[str]) -> int:
    """Run `python -m vsfilter_train` in several processes that share the samples of each batch.

    Each has its share of the cores, unless OMP_NUM_THREADS says otherwise. What is shown is what
    the first one says, and the last words of another one that fails alone.

    Args:
        count: How many.
        arguments: Those of the command.

    Returns:
        0, or the exit status of a process that failed; the others are ended then.

    Raises:
        TrainingError: One was killed by a signal, of which it cannot tell itself.
    """
    command = [sys.executable, "-m", "vsfilter_train", *arguments]
    running: list[subprocess.Popen[bytes]] = []
    with tempfile.TemporaryFile() as words:
        heard = [each for each in SIGNALS if signal.getsignal(each) is not signal.SIG_IGN]
        # all as Ctrl-C does
        before = {each: signal.signal(each, signal.default_int_handler) for each in heard}
        try:
            for rank, environment in enumerate(_environments(count)):
                told = None if rank == 0 else words
                running.append(subprocess.Popen(command, env=environment, stderr=told))
            return _wait(running, words)
        except KeyboardInterrupt:
            _stop(running)
            raise
        finally:
            for process in running:  # one that waits for another would not hear of an end
                process.kill()
                process.wait()
            for each, handler in before.items():
                signal.signal(each, handler)


def _environments(count: int) -> list[dict[str, str]]:
    """Give each process what `torch.distributed` reads: who it is, and where the first one is."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    cores = len(os.sched_getaffinity(0)) if sys.platform == "linux" else os.cpu_count() or 1
    common = {"OMP_NUM_THREADS": str(max(1, cores // count)), **os.environ}
    common |= {"WORLD_SIZE": str(count), "MASTER_ADDR": "127.0.0.1", "MASTER_PORT": str(port)}
    common[IS_AWAITED] = "1"
    return [{**common, "RANK": str(rank), "LOCAL_RANK": str(rank)} for rank in range(count)]


def _wait(running: Sequence[subprocess.Popen[bytes]], words: IO[bytes]) -> int:
    """Wait until all are done, or one has failed."""
    while not any(process.poll() for process in running):
        if all(process.returncode == 0 for process in running):
            return 0
        time.sleep(_POLL_S)
    failed = next(process.returncode for process in running if process.returncode)
    deadline = time.monotonic() + _GRACE_S
    while running[0].poll() is None and time.monotonic() < deadline:
        time.sleep(_POLL_S)
    if not running[0].returncode:
        words.seek(0)
        sys.stderr.write(words.read().decode(errors="replace"))
    _refuse_killed([process.poll() or 0 for process in running])
    return failed


def _refuse_killed(statuses: Sequence[int]) -> None:
    """Name the first process that a signal has ended: its status is the signal's, negative."""
    for number, status in enumerate(statuses):
        if status < 0:
            remedy = (
                ", as systems do where memory is lacking: set a smaller data.memory_gb or "
                "data.batch, or fewer --processes; --resume goes on from the last state"
            )
            is_kill = status == -signal.SIGKILL
            raise TrainingError(
                f"process {number} was killed (signal {-status}){remedy if is_kill else ''}"
            )


def _stop(running: Sequence[subprocess.Popen[bytes]]) -> None:
    """Let all finish their step and keep the state."""
    for process in running:
        process.terminate()
    deadline = time.monotonic() + _STOP_S
    while any(process.poll() is None for process in running) and time.monotonic() < deadline:
        time.sleep(_POLL_S)
