"""What a transcode would do, without doing it."""

from __future__ import annotations

from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path

from vsfilter.cluster.worker_pool import WorkerPool
from vsfilter.engine.model_pool import ModelPool
from vsfilter.engine.settings import Settings
from vsfilter.engine.trial import seconds_per_frame
from vsfilter.input_settings import ALL_OF_IT, InputSettings
from vsfilter.output_size import AS_SCALED, SizeSettings
from vsfilter.sinks.codec_trial import try_codec
from vsfilter.sinks.encoding.encoder import EncoderSettings
from vsfilter.sinks.encoding.encoder_setup import EncoderSetup
from vsfilter.sinks.output_file import Streams
from vsfilter.sinks.output_trial import try_streams
from vsfilter.transcode.fidelity_settings import AS_IT_IS, FidelitySettings
from vsfilter.transcode.input import open_input
from vsfilter.transcode.losses import announce_losses
from vsfilter.transcode.output_picture import STDOUT, choose_output
from vsfilter.transcode.plan import (
    Plan,
    make_plan,
    open_restorer,
    streams_from,
)
from vsfilter.transcode.target import check_target

_WINDOWS_HELD = 2
"""For each worker."""
_SAMPLE_BYTES = 3 * 4
"""RGB in float32."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Forecast:
    """What would be done, and about how long it would take.

    Attributes:
        plan: What was chosen.
        streams: The streams that the output would have; None for Y4M.
        frame_s: Estimated time for one frame, in s.
        window_bytes: Memory for the frames of the windows that are held at a time; the model's own
            is not in it.
    """

    plan: Plan
    streams: Streams | None
    frame_s: float
    window_bytes: int

    @property
    def total_s(self) -> float | None:
        """Estimated time for the whole clip, in s; None where its length is not known."""
        frames = self.plan.clip.frame_count or self.plan.clip.expected_frame_count
        return None if frames is None else frames * self.frame_s


def forecast(  # noqa: PLR0913  # what `transcode` takes
    source: str,
    target: str,
    *,
    settings: Settings,
    encoder: EncoderSettings,
    size: SizeSettings = AS_SCALED,
    reading: InputSettings = ALL_OF_IT,
    fidelity: FidelitySettings = AS_IT_IS,
    models: ModelPool | WorkerPool | None = None,
    overwrite: bool = False,
) -> Forecast:
    """Open the input, load the model and try it on a small window.

    Raises:
        VsfilterError: As in `transcode`, as far as it shows before the first frame.
    """
    check_target(source, target, overwrite=overwrite)
    with ExitStack() as stack:
        opened = open_input(source, reading, fidelity)
        clip = stack.enter_context(opened.reader).info
        output = choose_output(clip, target, encoder, size)
        restorer = stack.enter_context(open_restorer(clip, settings, size, models))
        excerpt = opened.excerpt(restorer.grid)
        plan = opened.tell(make_plan(source, target, excerpt.info, output, restorer))
        announce_losses(plan, encoder, strict=fidelity.strict)
        streams = None
        if target != STDOUT:
            setup = EncoderSetup.choose(encoder, plan.restored, Path(target))
            try_codec(encoder, plan.restored, suffix=Path(target).suffix)
            streams = try_streams(setup, streams_from=streams_from(source))
        frame_s = seconds_per_frame(restorer, width=clip.width, height=clip.height)
        workers = restorer.workers
    read = (plan.core + 2 * plan.context) * clip.width * clip.height
    made = plan.core * clip.width * clip.height * plan.scale**2
    return Forecast(
        plan=plan,
        streams=streams,
        frame_s=frame_s / workers,
        window_bytes=_WINDOWS_HELD * workers * _SAMPLE_BYTES * (read + made),
    )
