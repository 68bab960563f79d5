"""What `vsr-transcode` tells its user."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable
from typing import TYPE_CHECKING, Self

from vsfilter.cli.report import FrameProgress, span

if TYPE_CHECKING:
    from types import TracebackType

    from vsfilter.engine.stream import Picture
    from vsfilter.sinks.output_file import Streams
    from vsfilter.transcode.forecast import Forecast
    from vsfilter.transcode.plan import Plan
    from vsfilter.transcode.preview import Preview


def _describe(plan: Plan) -> str:
    before, after = plan.clip, plan.restored
    restored = (before.width * plan.scale, before.height * plan.scale)
    is_resized = restored != (after.width, after.height)
    way = f" (x{plan.scale}, then resized)" if is_resized else ""
    expected = before.frame_count or before.expected_frame_count
    length = f", {expected} frames" if expected else ""
    mean = ", mean of 8 ways" if plan.quality == "best" else ""
    part = f"excerpt ({plan.excerpt}){length}" if plan.excerpt else None
    pieces = f" in tiles of {plan.tile} px" if plan.tile else ""
    notes = [f"\n{plan.source}: {note}" for note in (part, plan.fields) if note]
    return (
        f"{plan.source}: {before.width}x{before.height} -> {after.width}x{after.height}{way}, "
        f"{plan.model} ({plan.weights}{mean}), {plan.device} {plan.precision}, "
        f"windows of {plan.core} + 2 x {plan.context} frames{pieces}{''.join(notes)}"
    )


def report_forecast(forecast: Forecast, *, quiet: bool) -> None:
    """Say for people what would be done."""
    if quiet:
        return
    streams = forecast.streams
    lines = [_describe(forecast.plan)]
    if streams is not None:
        lines.append(f"streams: {_list(streams)}")
    total_s = forecast.total_s
    lines += [
        f"memory (estimate): {forecast.window_bytes / 1e9:.2f} GB for frames, and the model's own",
        f"time (estimate): {forecast.frame_s:.3g} s a frame"
        + (f", {span(total_s)} for all" if total_s is not None else ""),
    ]
    print("\n".join(lines), file=sys.stderr)


def _list(streams: Streams) -> str:
    kept = ", ".join(f"{count} {kind}" for kind, count in streams.counts.items())
    converted = f"; of these converted: {', '.join(streams.converted)}" if streams.converted else ""
    dropped = f"; not kept: {', '.join(streams.dropped)}" if streams.dropped else ""
    return kept + converted + dropped


class Reporter:
    """Tells the user what happens while it happens.

    Args:
        open_preview: Makes the preview when the clip is known; None for no preview.
        resume: Whether this run goes on where an earlier one was stopped.
        quiet: Nothing but errors is shown.

    Attributes:
        plan: What is done, once it is known.
        seconds: How long the run has taken, from its begin to its end, in s.
    """

    def __init__(
        self,
        *,
        open_preview: Callable[[Plan], Preview] | None = None,
        resume: bool = True,
        quiet: bool,
    ) -> None:
        self.plan: Plan | None = None
        self.seconds = 0.0
        self._quiet = quiet
        self._again = "the same command" if resume else "the same command without --no-resume"
        self._open_preview = open_preview
        self._preview: Preview | None = None
        self._progress: FrameProgress | None = None
        self._safe = 0
        self._started = time.monotonic()

    def begin(self, plan: Plan, done: int) -> None:
        """Say what will be done, and what is done already."""
        self.plan = plan
        self._safe = done
        self._started = time.monotonic()
        if not self._quiet:
            print(_describe(plan), file=sys.stderr)
            if done:
                print(f"goes on after the {done} frames of an earlier run", file=sys.stderr)
        if self._open_preview is not None:
            self._preview = self._open_preview(plan)
        expected = plan.clip.frame_count or plan.clip.expected_frame_count
        self._progress = FrameProgress(expected, already=done, quiet=self._quiet)

    def restored(self, picture: Picture) -> None:
        """Show a frame in the preview."""
        if self._preview is not None:
            self._preview.show(picture)

    def frame(self, done: int) -> None:
        """Show how many frames are done."""
        if self._progress is not None:
            self._progress.update(done)

    def safe(self, frames: int) -> None:
        """Remember how many frames a later run need not make again."""
        self._safe = frames

    def __enter__(self) -> Self:
        """Return the reporter itself."""
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
        /,
    ) -> None:
        """End the line of the progress; after a failure, say how to go on."""
        self.seconds = max(time.monotonic() - self._started, 1e-9)
        if self._progress is not None:
            self._progress.close()
        if kind is None:
            return
        is_interrupt = issubclass(kind, KeyboardInterrupt)
        if self._safe and (is_interrupt or not self._quiet):
            print(
                f"{'interrupted: ' if is_interrupt else ''}{self._safe} frames are kept: "
                f"{self._again} goes on from there",
                file=sys.stderr,
            )
        elif is_interrupt:
            print("interrupted: nothing is kept", file=sys.stderr)
