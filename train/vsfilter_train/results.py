"""What a training leaves in its folder: weights, and the state from which it goes on."""

import logging
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import NoReturn

from vsfilter.errors import SinkError, TrainingError, VsfilterError
from vsfilter.weights import save_weights

from . import processes
from .records import Records
from .settings import SafetySettings
from .state import TrainingState, read_state

log = logging.getLogger(__name__)


def keep(
    out: Path,
    state: TrainingState,
    header: Mapping[str, object],
    quality: float,
    *,
    keep_last: int,
) -> None:
    """Write the averaged weights; as the best ones too if they are.

    Args:
        out: Folder of the training.
        state: Where it is.
        header: Of the weights; the metrics are added.
        quality: Validation, in dB.
        keep_last: Weights of so many evaluations are kept by the number of their step.

    Raises:
        OSError: They cannot be written; what was there before is whole.
    """
    progress = state.progress
    metrics = {"step": progress.step, "validation_psnr_y": round(quality, 3)}
    header = {**header, "metrics": metrics}
    weights = state.average.module.state_dict()
    is_best = quality >= progress.best_psnr
    if processes.rank() == 0:
        save_weights(out / "last.safetensors", weights, header)
        if is_best:
            save_weights(out / "best.safetensors", weights, header)
        if keep_last:
            save_weights(out / f"step_{progress.step:08}.safetensors", weights, header)
            for old in sorted(out.glob("step_*.safetensors"))[:-keep_last]:
                old.unlink(missing_ok=True)
    if is_best:
        progress.best_psnr = quality


def keep_state(out: Path, state: TrainingState, records: Records, *, is_end: bool = False) -> None:
    """Write the state, but not after a bad step: training goes back to the last good one.

    Args:
        out: Folder of the training.
        state: Where it is.
        records: What is noted of it.
        is_end: This process takes no more steps. A bad one has changed no weights, so that nothing
            is lost with the state after it.

    Raises:
        OSError: It cannot be written; what was there before is whole.
    """
    progress = state.progress
    if (progress.bad_steps and not is_end) or not state.is_finite():
        return
    progress.rollbacks, progress.log_size = 0, records.size
    if processes.rank() == 0:
        state.save(out / "state")


def end_early(out: Path, state: TrainingState, records: Records) -> NoReturn:
    """Keep the state and end, as the user has asked for.

    Raises:
        KeyboardInterrupt: It is kept.
        SinkError: It cannot be.
    """
    step = state.progress.step
    try:
        keep_state(out, state, records, is_end=True)
    except OSError as error:
        report_full_disk(out, step, error, is_last=True)
    log.info("stopped after step %d: --resume goes on from there", step)
    raise KeyboardInterrupt


@contextmanager
def kept_on_failure(out: Path, state: TrainingState, records: Records) -> Iterator[None]:
    """Keep the state where something fails that is no part of a step, such as reading clips."""
    try:
        yield
    except VsfilterError:
        step = state.progress.step
        try:
            keep_state(out, state, records, is_end=True)
        except OSError as error:
            report_full_disk(out, step, error, is_last=False)
        else:
            log.info("stopped after step %d: --resume goes on from there", step)
        raise


def report_full_disk(out: Path, step: int, error: OSError, *, is_last: bool) -> None:
    """Say that something could not be written; training goes on, and tries again next time.

    Raises:
        SinkError: There is no next time.
    """
    reason = f"step {step} is not kept in '{out}': {error.strerror or error}"
    if is_last:
        raise SinkError(f"{reason}: make room, then go on with --resume") from error
    log.warning("%s; what was kept before is whole, and training goes on", reason)


def roll_back(state: TrainingState, out: Path, safety: SafetySettings, records: Records) -> None:
    """Go back to the last good state, with a lower learning rate and other batches from there.

    Raises:
        TrainingError: That has been done too often.
        WeightsError: The state is missing or damaged.
    """
    progress = state.progress
    failed, drawn, best = progress.step, progress.step + progress.lost, progress.best_psnr
    rollbacks, factor = progress.rollbacks + 1, progress.rate_factor * safety.rate_cut
    if rollbacks > safety.rollbacks:
        raise TrainingError(
            f"step {failed} fails after training went back {safety.rollbacks} times: look at the "
            f"batches in "
            f"'{out / 'study'}', or set a lower schedule.rate"
        )
    state.load(processes.from_first(lambda: read_state(out / "state")), out / "state")
    progress.lost = drawn - progress.step
    progress.rollbacks, progress.rate_factor, progress.best_psnr = rollbacks, factor, best
    progress.unmeasured, progress.bad_steps = None, 0
    what = f"fails: back to step {progress.step}, with {factor:g} of the learning rate"
    records.event(failed, what)
