"""What an output will lack of its input, known before any work."""

from __future__ import annotations

from pathlib import Path

from vsfilter.errors import SinkError
from vsfilter.sinks.encoder import EncoderSettings
from vsfilter.sinks.stream_plan import plan_file
from vsfilter.transcode_plan import STDOUT, Plan


def origin_of_streams(source: str) -> Path | None:
    """Give the file whose other streams go into the output; None for inputs without any."""
    path = Path(source)
    has_streams = path.is_file() and path.suffix.lower() not in (".vpy", ".y4m")
    return path if has_streams else None


def find_losses(plan: Plan, encoder: EncoderSettings) -> list[str]:
    """Say what the output will lack, one phrase each."""
    origin = origin_of_streams(plan.source)
    if plan.target == STDOUT:
        return ["Y4M holds the picture alone"] if origin is not None else []
    if origin is None:
        return []
    return plan_file(origin, suffix=Path(plan.target).suffix).losses()


def refuse_losses(plan: Plan, encoder: EncoderSettings) -> None:
    """Refuse an output that lacks anything.

    Raises:
        SinkError: It does; the message names what.
    """
    losses = find_losses(plan, encoder)
    if losses:
        raise SinkError(
            f"--strict: {plan.target!r} would lose something of {plan.source!r}: "
            f"{'; '.join(losses)}: choose another container or encoder, or leave --strict out"
        )
