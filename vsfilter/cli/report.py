"""What a command says: one line for an error, and progress while it works; all on stderr."""

from __future__ import annotations

import json
import logging
import os
import sys
import time
import traceback
from contextlib import suppress
from typing import TYPE_CHECKING

import typer

from vsfilter.cli.interrupts import INTERRUPTED
from vsfilter.cli.lasting_stream import keep_messages_from_failing
from vsfilter.errors import PluginError, VsfilterError
from vsfilter.worker_threads import let_idle_workers_sleep

if TYPE_CHECKING:
    from rich.progress import Progress, TaskID

DEBUG_FLAG = "--debug"
JSON_FLAG = "--json"


def run_app(app: typer.Typer) -> None:
    """Run a command; turn every failure into one line and an exit code.

    Exit codes: 0 done, 1 failed, 2 wrong usage, 130 interrupted. `--debug`, anywhere, shows the
    traceback instead. With `--json` a failure is also an object with `error` on stdout.
    """
    let_idle_workers_sleep()
    keep_messages_from_failing()
    code = _run(app)
    if code:
        # not sys.exit: it would wait for the window that is being restored, maybe for minutes
        for stream in filter(None, (sys.stdout, sys.stderr)):  # the user may have closed them
            with suppress(OSError):  # the reader of the pipe may be gone
                stream.flush()
        os._exit(code)


def _run(app: typer.Typer) -> int:
    arguments = [argument for argument in sys.argv[1:] if argument != DEBUG_FLAG]
    try:
        app(args=arguments)
    except SystemExit as end:
        if isinstance(end.code, int | None):
            if end.code == INTERRUPTED and JSON_FLAG in arguments:
                print(json.dumps({"error": "interrupted"}))
            return end.code or 0
        text = one_line(end.code)  # Python itself would print what is no number
        print(f"error: {text}", file=sys.stderr)
        if JSON_FLAG in arguments:
            print(json.dumps({"error": text}))
        return 1
    except Exception as error:  # noqa: BLE001  # the top of a command: no traceback for users
        text = report_error(error)
        if JSON_FLAG in arguments:
            print(json.dumps({"error": text}))
        return 1
    return 0


def report_error(error: Exception, *, about: str = "") -> str:
    """Print the line of an error that is being handled, with `--debug` its traceback too.

    Args:
        error: The error.
        about: What it is about, which the line shall name.

    Returns:
        The text of the line.
    """
    if DEBUG_FLAG in sys.argv[1:]:
        traceback.print_exc()
    text = one_line(str(error))
    if not isinstance(error, VsfilterError):
        text = f"unexpected {type(error).__name__}: {text}"
    of_plugin = isinstance(error, PluginError) and error.__cause__ is not None
    if of_plugin or not isinstance(error, VsfilterError):
        text += " (--debug shows where)"
    if about not in text:
        text = f"{about}: {text}"
    print(f"error: {text}", file=sys.stderr)
    return text


def one_line(text: str) -> str:
    """Put a text on one line, with control characters spelt out.

    Names of files and tags come from strangers, and a terminal obeys what is written to it.
    """
    words = " ".join(text.split())
    if words.isprintable():
        return words
    spelt = (c if c.isprintable() else c.encode("unicode_escape").decode() for c in words)
    return "".join(spelt)


class _OneLine(logging.Formatter):
    """Formats a warning as a line."""

    def format(self, record: logging.LogRecord) -> str:
        """Give the line."""
        return f"warning: {one_line(record.getMessage())}"


def show_warnings(*, quiet: bool) -> list[str]:
    """Print the library's warnings as single lines, each text once.

    Returns:
        A list that grows by each of these texts, also by those that `quiet` leaves out. What is
        removed from it counts as not yet said.
    """
    seen: list[str] = []

    def is_new(record: logging.LogRecord) -> bool:
        text = record.getMessage()
        is_first = text not in seen
        if is_first:
            seen.append(text)
        return is_first and (not quiet or record.levelno >= logging.ERROR)

    handler = logging.StreamHandler()
    handler.setFormatter(_OneLine())
    handler.addFilter(is_new)
    handler.setLevel(logging.WARNING)
    logging.getLogger("vsfilter").addHandler(handler)
    return seen


class FrameProgress:
    """Shows frames, frames/s and the time left: a bar on a terminal, else a line now and then.

    Args:
        total: Frames of the clip, or None when that is not known.
        already: Frames of it that were done before.
        quiet: Show nothing.
    """

    LINE_EVERY_S = 10.0

    def __init__(self, total: int | None, *, quiet: bool, already: int = 0) -> None:
        self._total = total
        self._already = already
        self._quiet = quiet
        self._started = self._last_line = time.monotonic()
        self._bar: Progress | None = None
        self._task: TaskID | None = None
        if not quiet and sys.stderr.isatty():
            self._open_bar()

    def update(self, done: int) -> None:
        """Tell how many frames are done."""
        now = time.monotonic()
        rate = (done - self._already) / max(now - self._started, 1e-9)
        if self._bar is not None and self._task is not None:
            self._bar.update(self._task, completed=done, fps=rate)
        elif done == self._already + 1:
            self._last_line = now  # the first window has just come: one frame tells no rate
        elif not self._quiet and now - self._last_line >= self.LINE_EVERY_S:
            self._last_line = now
            left = f", {span((self._total - done) / rate)} left" if self._total else ""
            of_total = f" of {self._total}" if self._total else ""
            print(f"{done}{of_total} frames, {rate:.2f} fps{left}", file=sys.stderr)

    def _open_bar(self) -> None:
        from rich.console import Console
        from rich.progress import BarColumn, Progress, TextColumn, TimeRemainingColumn

        self._bar = Progress(
            BarColumn(),
            TextColumn("{task.completed:.0f}/{task.total} frames"),
            TextColumn("{task.fields[fps]:.2f} fps"),
            TimeRemainingColumn(),
            console=Console(stderr=True),
        )
        self._bar.start()
        self._task = self._bar.add_task("", total=self._total, completed=self._already, fps=0.0)

    def close(self) -> None:
        """Remove the bar."""
        if self._bar is not None:
            self._bar.stop()


def span(seconds: float) -> str:
    """Write a time span, given in s, for people: "40 s", "2:05 min" or "3:20 h"."""
    whole = max(0, round(seconds))
    if whole < 60:
        return f"{whole} s"
    if whole < 3600:
        return f"{whole // 60}:{whole % 60:02} min"
    return f"{whole // 3600}:{whole % 3600 // 60:02} h"
