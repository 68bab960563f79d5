"""vsr-transcode in a process of its own that need not import torch again."""

from __future__ import annotations

import multiprocessing
import os
import resource
import signal
import sys
import time
from dataclasses import dataclass
from pathlib import Path

_PRELOADED = ["torch", "vapoursynth", "vsfilter.cli.transcode", "vsfilter.transcode.transcode"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Ending:
    """How a run ended.

    Attributes:
        code: Its exit code; negative, the signal that ended it; None, it had to be stopped.
        errors: What it wrote on standard error.
        seconds: How long it took.
    """

    code: int | None
    errors: str
    seconds: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """What a run may use.

    Attributes:
        cpu_s: Seconds of processor time.
        wall_s: Seconds by the clock, since a process that waits for ever uses no processor.
        memory_bytes: Bytes of address space; 0 for any number.
    """

    cpu_s: int = 120
    wall_s: float = 900
    memory_bytes: int = 0


def transcode(arguments: list[str], log: Path, limits: Limits | None = None) -> Ending:
    """Run the command as a shell would.

    The process is a copy of one that has imported everything and done nothing: copies of one that
    has run decoders or encoders may wait for ever for threads that were not copied.

    Args:
        arguments: What follows `vsr-transcode`.
        log: Where its messages go.
        limits: What it may use.
    """
    limits = limits or Limits()
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload(_PRELOADED)
    log.touch()
    started = time.monotonic()
    process = context.Process(target=_become, args=(arguments, log, limits))
    process.start()
    process.join(limits.wall_s)
    code = process.exitcode
    if code is None:
        process.kill()
        process.join()
    elif code == -signal.SIGXCPU:
        code = None
    seconds = time.monotonic() - started
    return Ending(code=code, errors=log.read_text(errors="replace"), seconds=seconds)


def _become(arguments: list[str], log: Path, limits: Limits) -> None:
    """Turn this process into the command; never return."""
    import torch

    from vsfilter.cli.transcode import run

    handle = os.open(log, os.O_WRONLY | os.O_CREAT | os.O_TRUNC)
    for stream in (1, 2):
        os.dup2(handle, stream)
    resource.setrlimit(resource.RLIMIT_CPU, (limits.cpu_s, limits.cpu_s + 5))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    if limits.memory_bytes:
        resource.setrlimit(resource.RLIMIT_AS, (limits.memory_bytes, limits.memory_bytes))
    torch.set_num_threads(1)
    sys.argv = ["vsr-transcode", *arguments]
    code = 70  # what no command returns by itself
    try:
        run()
        code = 0
    finally:
        sys.stderr.flush()
        os._exit(code)
