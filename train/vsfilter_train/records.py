"""What a training tells while it runs: its log, TensorBoard, and a line on the terminal."""

from __future__ import annotations

import json
import logging
import math
import sys
import time
from collections.abc import Callable, Mapping
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from vsfilter.errors import OptionError

from . import processes
from .settings import OutputSettings

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray
    from torch.utils.tensorboard import SummaryWriter

log = logging.getLogger(__name__)


class Records:
    """The log of a training.

    Args:
        out: Folder of the training.
        settings: What is told.
        first_step: Where this run begins.
        steps: Steps in all.

    Raises:
        OptionError: TensorBoard is wanted, but not installed.
    """

    def __init__(self, out: Path, settings: OutputSettings, *, first_step: int, steps: int) -> None:
        self._path = out / "log.jsonl"
        self._settings = settings
        self._first_step, self._steps = first_step, steps
        self._started = time.monotonic()
        self._is_silent = is_silent = processes.rank() > 0
        self._has_terminal = not is_silent and sys.stderr.isatty()
        self._left_out: set[str] = set()
        self._board: SummaryWriter | None = None
        if settings.tensorboard and not is_silent:
            self._board = _open_board(out / "tensorboard", first_step)

    @property
    def size(self) -> int:
        """Bytes of the log until now."""
        return self._path.stat().st_size if self._path.is_file() else 0

    def forget_after(self, size: int) -> None:
        """Cut off what a run wrote after the state from which this one goes on."""
        if not self._is_silent and 0 <= size < self.size:
            with self._path.open("r+b") as file:
                file.truncate(size)

    def step(self, step: int, **values: float) -> None:
        """Tell the numbers of a step, if it is one of those that are told."""
        if self._has_terminal:
            self._show(step, values["loss"])
        if step % self._settings.log_every == 0:
            self._write({"step": step, **{name: _plain(v) for name, v in values.items()}})
            self._plot(step, values)

    def evaluation(self, step: int, loss: float, measures: Mapping[str, float]) -> None:
        """Tell the numbers of an evaluation.

        Args:
            step: Steps taken.
            loss: Of the last one.
            measures: On the validation clips, in dB: "psnr_y", and "flow_gain" where there is a
                flow.
        """
        elapsed_s = time.monotonic() - self._started
        line = {"step": step, "loss": loss, **measures}
        plain = {name: _plain(value) for name, value in line.items()}
        self._write({**plain, "elapsed_s": round(elapsed_s, 1)})
        self._plot(step, measures)
        if not self._is_silent:
            self._clear()
            flow = f", flow {measures['flow_gain']:+.2f} dB" if "flow_gain" in measures else ""
            form = "step %d: loss %.5f, validation %.3f dB%s, %.0f s"
            log.info(form, step, loss, measures["psnr_y"], flow, elapsed_s)

    def event(self, step: int, what: str, *, level: int = logging.WARNING) -> None:
        """Tell that something happened before a step."""
        self._clear()
        log.log(level, "step %d %s", step, what)
        self._write({"step": step, "event": what})

    def left_out(self, step: int, reason: str) -> None:
        """List a clip that is damaged, once."""
        if reason not in self._left_out:
            self._left_out.add(reason)
            self._write({"step": step, "left_out": reason})

    def picture(self, step: int, picture: NDArray[np.uint8]) -> None:
        """Show a picture (h, w, 3), RGB, in TensorBoard."""
        self._on_board(
            lambda board: board.add_image("validation", picture, step, dataformats="HWC")
        )

    def close(self) -> None:
        """Write what is left."""
        self._clear()
        self._on_board(lambda board: board.close())

    @property
    def has_pictures(self) -> bool:
        """Whether pictures are shown anywhere."""
        return self._board is not None

    def _write(self, line: dict[str, object]) -> None:
        if self._is_silent:
            return
        try:
            with self._path.open("a", encoding="utf-8") as file:
                file.write(json.dumps(line) + "\n")
        except OSError as error:  # a full disk ends no training
            log.warning("'%s' cannot be written: %s", self._path, error.strerror)

    def _plot(self, step: int, values: Mapping[str, float]) -> None:
        for name, value in values.items():
            self._on_board(partial(_add_scalar, name=name, value=value, step=step))

    def _on_board(self, tell: Callable[[SummaryWriter], object]) -> None:
        """Tell TensorBoard, as long as it can be written."""
        try:
            if self._board is not None:
                tell(self._board)
        except OSError as error:  # a full disk ends no training
            log.warning("TensorBoard is told no more: %s", error.strerror or error)
            self._board = None

    def _show(self, step: int, loss: float) -> None:
        per_s = (step - self._first_step) / max(1e-9, time.monotonic() - self._started)
        left_min = (self._steps - step) / per_s / 60
        done = 30 * step // self._steps
        bar = "#" * done + "." * (30 - done)
        text = (
            f"{bar} {step}/{self._steps}, loss {loss:.5f}, {per_s:.2f}/s, {left_min:.0f} min left"
        )
        sys.stderr.write(f"\r{text}\x1b[K")
        sys.stderr.flush()

    def _clear(self) -> None:
        if self._has_terminal:
            sys.stderr.write("\r\x1b[K")


def _add_scalar(board: SummaryWriter, *, name: str, value: float, step: int) -> None:
    board.add_scalar(name, value, step)


def _plain(value: float) -> float | None:
    return value if math.isfinite(value) else None  # JSON has no NaN


def _open_board(folder: Path, first_step: int) -> SummaryWriter:
    try:
        from torch.utils.tensorboard import SummaryWriter
    except ImportError as error:
        raise OptionError(
            "tensorboard is true, but it is not installed: pip install vsfilter[tensorboard], or "
            "set output.tensorboard=false"
        ) from error
    # what an earlier run plotted after the state from which this one goes on is hidden
    return SummaryWriter(str(folder), purge_step=first_step + 1)
