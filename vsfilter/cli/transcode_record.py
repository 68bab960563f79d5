"""What the reports of `vsr-transcode` in JSON say."""

from __future__ import annotations

from dataclasses import asdict
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from vsfilter.engine.settings import Settings
    from vsfilter.sinks.encoding.encoder import EncoderSettings
    from vsfilter.sinks.output_file import Streams
    from vsfilter.transcode.forecast import Forecast
    from vsfilter.transcode.plan import Plan
    from vsfilter.transcode.transcode import Done


def plan_record(
    plan: Plan, streams: Streams | None, settings: Settings, encoder: EncoderSettings
) -> dict[str, object]:
    """Give what a report in JSON says of a plan."""
    before, after = plan.clip, plan.restored
    return {
        "source": plan.source,
        "target": plan.target,
        "source_width": before.width,
        "source_height": before.height,
        "width": after.width,
        "height": after.height,
        "model": plan.model,
        "weights": plan.weights,
        "weights_sha256": plan.weights_sha256,
        "plugin": plan.plugin,
        "quality": plan.quality,
        "device": plan.device,
        "precision": plan.precision,
        "core": plan.core,
        "context": plan.context,
        "tile": plan.tile,
        "excerpt": plan.excerpt,
        "expected_frames": plan.clip.frame_count or plan.clip.expected_frame_count,
        "fields": plan.fields,
        "settings": asdict(settings),
        "encoder": asdict(encoder),
        "streams": None if streams is None else asdict(streams),
    }


def done_record(done: Done, seconds: float) -> dict[str, object]:
    """Give what a report in JSON says of a finished run.

    Args:
        done: What was done.
        seconds: How long this run took, in s.
    """
    return {
        "frames": done.frames,
        "resumed_from": done.resumed_from,
        "seconds": round(seconds, 3),
        "fps": round((done.frames - done.resumed_from) / seconds, 3),
    }


def forecast_record(forecast: Forecast) -> dict[str, object]:
    """Give what a report in JSON says of what would be done."""
    return {
        "frames": None,
        "estimated_s": forecast.total_s,
        "estimated_frame_s": forecast.frame_s,
        "estimated_window_bytes": forecast.window_bytes,
    }
