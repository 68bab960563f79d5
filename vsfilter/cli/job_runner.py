"""What `vsr-transcode` does for one input."""

from __future__ import annotations

import json
import sys
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from vsfilter.cli.interrupts import interrupts
from vsfilter.cli.transcode_record import done_record, forecast_record, plan_record
from vsfilter.cli.transcode_report import Reporter, report_forecast
from vsfilter.closing import Closing
from vsfilter.cluster.worker_place import parse_workers
from vsfilter.cluster.worker_pool import WorkerPool
from vsfilter.engine.model_pool import ModelPool
from vsfilter.errors import ModelHangsError, OptionError
from vsfilter.image_pattern import takes_in
from vsfilter.input_limits import is_url
from vsfilter.transcode.forecast import forecast
from vsfilter.transcode.preview import Preview
from vsfilter.transcode.target import preview_path
from vsfilter.transcode.transcode import Callbacks, transcode

if TYPE_CHECKING:
    from vsfilter.cli.inputs import Job
    from vsfilter.engine.settings import Settings
    from vsfilter.input_settings import InputSettings
    from vsfilter.output_size import SizeSettings
    from vsfilter.sinks.encoding.encoder import EncoderSettings
    from vsfilter.transcode.fidelity_settings import FidelitySettings
    from vsfilter.transcode.plan import Plan

STDOUT = "-"


def open_models(workers: str | None) -> ModelPool | WorkerPool:
    """Read --workers; nothing begins before the first input needs it.

    Raises:
        OptionError: The text is neither a number nor an address.
    """
    return ModelPool() if workers is None else WorkerPool(parse_workers(workers))


@dataclass(frozen=True, slots=True, kw_only=True)
class JobRunner(Closing):
    """Carries out jobs one after the other, with the same options and as far as can be one model.

    Attributes:
        settings: How to restore.
        encoder: How to encode.
        size: Size of the output, where the scale does not give it.
        reading: Which part of an input is wanted, and what is done with its fields and times.
        fidelity: How true an output is to its input.
        overwrite: Whether an existing output may be replaced.
        resume: Whether to go on where an earlier run was stopped; None for where that can be.
        preview_every_s: Time between two previews, in s; None for no preview.
        dry_run: Say what would be done, and stop.
        as_json: Print a report on stdout.
        quiet: Print errors only.
        warnings: The warnings of the job, which grow while it is carried out.
        models: The model of the job before, or the workers.
    """

    settings: Settings
    encoder: EncoderSettings
    size: SizeSettings
    reading: InputSettings
    fidelity: FidelitySettings
    overwrite: bool
    resume: bool | None
    preview_every_s: float | None
    dry_run: bool
    as_json: bool
    quiet: bool
    warnings: list[str]
    models: ModelPool | WorkerPool = field(default_factory=ModelPool)

    def close(self) -> None:
        """End the workers, where there are any."""
        if isinstance(self.models, WorkerPool):
            self.models.close()

    def run(self, job: Job) -> None:
        """Carry out one job.

        Raises:
            VsfilterError: It fails, or the options do not fit it.
        """
        self.warnings.clear()
        if job.refusal is not None:
            raise job.refusal
        pipes = STDOUT in (job.source, job.target)
        if self.as_json and job.target == STDOUT:
            raise OptionError("stdout carries either the Y4M of OUT '-' or the report of --json")
        if self.resume and pipes:
            raise OptionError("what goes through a pipe cannot be resumed: leave --resume out")
        if self.resume and is_url(job.source):
            raise OptionError(
                f"{job.source!r} may name another film by now, so that it cannot be resumed: leave "
                "--resume out"
            )
        if self.preview_every_s is not None and job.target == STDOUT:
            raise OptionError("a preview lies beside OUT: leave --preview out, or give OUT a name")
        if self.preview_every_s is not None and takes_in(job.source, preview_path(job.target)):
            raise OptionError(
                f"preview '{preview_path(job.target)}' would be among the images of input "
                f"{job.source!r}: put OUT into another folder"
            )
        try:
            if self.dry_run:
                self._forecast(job)
            else:
                self._transcode(job)
        except ModelHangsError:  # it would hold up every job to come
            self.models.abandon()
            raise

    def _forecast(self, job: Job) -> None:
        expected = forecast(
            job.source,
            job.target,
            settings=self.settings,
            encoder=self.encoder,
            size=self.size,
            reading=self.reading,
            fidelity=self.fidelity,
            models=self.models,
            overwrite=self.overwrite,
        )
        report_forecast(expected, quiet=self.quiet or self.as_json)
        if self.as_json:
            record = plan_record(expected.plan, expected.streams, self.settings, self.encoder)
            self._print({**record, **forecast_record(expected)})

    def _transcode(self, job: Job) -> None:
        has_preview = self.preview_every_s is not None
        reporter = Reporter(
            open_preview=self._open_preview if has_preview else None,
            resume=self.resume is not False,
            quiet=self.quiet,
        )
        with reporter, interrupts():
            done = transcode(
                job.source,
                job.target,
                settings=self.settings,
                encoder=self.encoder,
                size=self.size,
                reading=self.reading,
                fidelity=self.fidelity,
                models=self.models,
                overwrite=self.overwrite,
                resume=self.resume is not False,
                callbacks=Callbacks(
                    begin=reporter.begin,
                    restored=reporter.restored,
                    frame=reporter.frame,
                    safe=reporter.safe,
                ),
            )
        if self.as_json and reporter.plan is not None:
            record = plan_record(reporter.plan, done.streams, self.settings, self.encoder)
            self._print({**record, **done_record(done, reporter.seconds)})
        elif not self.quiet:
            print(f"{job.target}: {done.frames} frames written", file=sys.stderr)

    def _open_preview(self, plan: Plan) -> Preview:
        return Preview(preview_path(plan.target), plan.clip, every_s=self.preview_every_s or 0)

    def _print(self, record: dict[str, object]) -> None:
        text = json.dumps({**record, "warnings": self.warnings}, default=str)
        try:
            print(text, flush=True)
        except OSError as error:  # the work is done all the same
            print(f"the report of --json cannot be written: {error.strerror}", file=sys.stderr)
