"""What `vsr-transcode` tells its user."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Self

from vsfilter.cli.report import FrameProgress

if TYPE_CHECKING:
    from types import TracebackType

    from vsfilter.transcode_plan import Plan


def _describe(plan: Plan) -> str:
    before, after = plan.clip, plan.restored
    return (
        f"{plan.source}: {before.width}x{before.height} -> {after.width}x{after.height}, "
        f"{plan.model} ({plan.weights}), {plan.device} {plan.precision}, "
        f"windows of {plan.core} + 2 x {plan.context} frames"
    )


def report(plan: Plan, frames: int | None, *, as_json: bool, quiet: bool) -> None:
    """Say what was done, or would be.

    Args:
        plan: What was planned.
        frames: Frames written; None where nothing was done.
        as_json: Print JSON on standard output.
        quiet: Print nothing else.
    """
    if as_json:
        import json

        print(
            json.dumps(
                {
                    "source": plan.source,
                    "target": plan.target,
                    "frames": frames,
                    "width": plan.restored.width,
                    "height": plan.restored.height,
                    "model": plan.model,
                    "weights": plan.weights,
                    "device": plan.device,
                    "precision": plan.precision,
                    "core": plan.core,
                    "context": plan.context,
                }
            )
        )
    elif not quiet:
        done = _describe(plan) if frames is None else f"{plan.target}: {frames} frames written"
        print(done, file=sys.stderr)


class Reporter:
    """Tells the user what happens while it happens.

    Args:
        as_json: The report at the end is JSON on standard output.
        quiet: Nothing but errors is shown.
    """

    def __init__(self, *, as_json: bool, quiet: bool) -> None:
        self._as_json, self._quiet = as_json, quiet
        self._plan: Plan | None = None
        self._progress: FrameProgress | None = None
        self._safe = 0

    def begin(self, plan: Plan, done: int) -> None:
        """Say what will be done, and what is done already."""
        self._plan = plan
        self._safe = done
        if not self._quiet:
            print(_describe(plan), file=sys.stderr)
            if done:
                print(f"goes on after the {done} frames of an earlier run", file=sys.stderr)
        expected = plan.clip.frame_count or plan.clip.expected_frame_count
        self._progress = FrameProgress(expected, already=done, quiet=self._quiet)

    def frame(self, done: int) -> None:
        """Show how many frames are done."""
        if self._progress is not None:
            self._progress.update(done)

    def safe(self, frames: int) -> None:
        """Remember how many frames a later run need not make again."""
        self._safe = frames

    def end(self, frames: int) -> None:
        """Say what was done."""
        if self._plan is not None:
            report(self._plan, frames, as_json=self._as_json, quiet=self._quiet)

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
        if self._progress is not None:
            self._progress.close()
        if kind is None:
            return
        is_interrupt = issubclass(kind, KeyboardInterrupt)
        if self._safe and (is_interrupt or not self._quiet):
            print(
                f"{'interrupted: ' if is_interrupt else ''}{self._safe} frames are kept: "
                "the same command goes on from there",
                file=sys.stderr,
            )
        elif is_interrupt:
            print("interrupted: nothing is kept", file=sys.stderr)
