"""Curves of what was measured, frame by frame; needs the extra `plots`."""

from __future__ import annotations

import io
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from vsfilter.errors import OptionError, SinkError
from vsfilter.whole_file import whole_file

if TYPE_CHECKING:
    from matplotlib.axes import Axes

type Curves = Mapping[str, Sequence[float]]
"""Values of each frame by the name of their measure; those of bicubic begin with `BICUBIC`."""
BICUBIC = "bicubic_"
MOST_CLIPS = 100
_UNITS = {
    "psnr_y": "PSNR-Y (dB)",
    "niqe": "NIQE, lower is better",
    "blur": "blur, 0 is sharp",
    "flicker": "flicker (grey levels)",
}
_COLUMN_IN, _ROW_IN, _DPI = 6.0, 2.4, 100
_RESTORED, _PLAIN = "#0072b2", "#999999"


@dataclass(frozen=True, slots=True, kw_only=True)
class PlotFile:
    """A picture of curves that is to be made.

    Attributes:
        path: Where; `.svg` or `.png`.

    Raises:
        OptionError: It is of another kind, or matplotlib is not installed.
        SinkError: There is no such folder.
    """

    path: Path

    def __post_init__(self) -> None:
        """Refuse before anything is measured what would fail after it."""
        if self.path.suffix.lower() not in (".svg", ".png"):
            raise OptionError(f"plot '{self.path}' is no .svg or .png: give it another name")
        if not self.path.parent.is_dir():
            raise SinkError(f"plot '{self.path}' cannot be written: its folder does not exist")
        try:
            import matplotlib  # noqa: F401  # asked for now, used later
        except ImportError as error:
            raise OptionError("--plot needs matplotlib: pip install vsfilter[plots]") from error

    def check_count(self, clips: int) -> None:
        """Refuse more clips than a picture can show.

        Raises:
            OptionError: There are more.
        """
        if clips > MOST_CLIPS:
            raise OptionError(
                f"plot '{self.path}' would show {clips} clips: give at most {MOST_CLIPS} at once"
            )

    def write(self, clips: Sequence[tuple[str, Curves]]) -> None:
        """Write a row of curves for each clip, beside those of bicubic; all or nothing.

        Args:
            clips: The name of each and its curves, the same measures for all.

        Raises:
            SinkError: It cannot be written.
        """
        try:
            with whole_file(self.path) as part:
                part.write_bytes(_draw(clips, self.path.suffix.lower().lstrip(".")))
        except OSError as error:
            raise SinkError(f"plot '{self.path}' cannot be written: {error.strerror}") from error


def _draw(clips: Sequence[tuple[str, Curves]], kind: str) -> bytes:
    """Draw the curves as a file of a kind, the same for the same curves."""
    from matplotlib import rc_context
    from matplotlib.figure import Figure  # no pyplot: it keeps figures and asks for a screen

    measures = [name for name in clips[0][1] if not name.startswith(BICUBIC)]
    size = (_COLUMN_IN * len(measures), _ROW_IN * len(clips) + 0.3)
    with rc_context({"svg.hashsalt": "vsfilter", "svg.fonttype": "none"}):
        figure = Figure(figsize=size, dpi=_DPI, layout="constrained")
        grid = figure.subplots(len(clips), len(measures), squeeze=False)
        for row, (name, curves) in zip(grid, clips, strict=True):
            for axes, measure in zip(row, measures, strict=True):
                _draw_measure(axes, curves, measure)
                axes.set_title(name, loc="left", fontsize=9)
        grid[0][0].legend(fontsize=8)
        for axes in grid[-1]:
            axes.set_xlabel("frame", fontsize=8)
        drawn = io.BytesIO()
        figure.savefig(drawn, format=kind, metadata={"Date": None} if kind == "svg" else None)
    return drawn.getvalue()


def _draw_measure(axes: Axes, curves: Curves, measure: str) -> None:
    from matplotlib.ticker import MaxNLocator

    for name, label, colour in (
        (BICUBIC + measure, "bicubic", _PLAIN),
        (measure, "restored", _RESTORED),
    ):
        values = curves.get(name)
        if values is not None:
            marker = "." if len(values) < 50 else ""
            axes.plot(range(len(values)), values, marker=marker, color=colour, label=label, lw=1.2)
    axes.set_ylabel(_UNITS.get(measure, measure), fontsize=8)
    axes.tick_params(labelsize=8)
    axes.xaxis.set_major_locator(MaxNLocator(integer=True))
    axes.grid(visible=True, color="#e5e5e5", lw=0.6)
