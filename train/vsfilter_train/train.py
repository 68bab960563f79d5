"""The training loop, from top to bottom."""

import logging
import math
from collections import deque
from collections.abc import Generator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing, suppress
from dataclasses import dataclass, replace
from pathlib import Path

import torch
from torch import nn

from vsfilter.discovery import find_backend
from vsfilter.errors import SinkError

from . import processes
from .adversary import AdversarialObjective, Adversary, make_adversary
from .average import begin_anew, make_average
from .batch import Batch
from .data import Data, load_data
from .data_hash import hash_clips
from .degraded_data import DegradedData, load_degraded_data
from .gradients import AddGradients, compute_gradients, finish_gradients
from .measures import measure
from .network import (
    flow_that_learns,
    make_module,
    make_optimizer,
    set_learning,
    set_rates,
)
from .objectives import FlowObjective, Regression
from .precision import MixedPrecision, make_precision
from .recipe_changes import take_over
from .records import Records
from .results import (
    end_early,
    keep,
    keep_state,
    kept_on_failure,
    report_full_disk,
    roll_back,
)
from .schedule import learning_rate
from .settings import Recipe
from .start import start_from
from .state import SCALER, Progress, Stateful, TrainingState, read_recipe_of, read_state
from .stop import stop_requests
from .training_folder import goes_on, reserved
from .trouble import OffsetWatch, find_trouble, keep_batch
from .validate import bicubic_quality, show, validate

log = logging.getLogger(__name__)


def train(recipe: Recipe, out: Path, *, resume: bool = False) -> None:
    """Train what a recipe describes.

    Writes `last.safetensors`, `best.safetensors`, `state/` and `log.jsonl` into a folder. Ctrl-C,
    SIGTERM and SIGHUP end it after the step at hand, whose state is kept.

    Args:
        recipe: All settings.
        out: The folder; made when missing.
        resume: Go on from `out/state`.

    Raises:
        OptionError: The backend cannot be trained, or a setting does not fit it.
        PluginError: There is no such backend, or its network does not tell its scale.
        SourceError: There are no clips to train on.
        SinkError: The folder cannot be written at the start or at the end.
        SinkExistsError: It holds a training that is not to be resumed.
        TrainingError: It fails again and again, or the memory does not suffice for one sample.
        WeightsError: There is no state to go on from.
    """
    with processes.joined() as device:
        resume = resume or processes.from_first(lambda: goes_on(out))
        with reserved(out):
            training = _set_up(recipe, out, device, resume=resume)
            with closing(training.records):
                if (loss := training.state.progress.unmeasured) is not None:
                    _evaluate(training, recipe, out, loss)
                _run(training, recipe, out)


@dataclass(frozen=True, slots=True, kw_only=True)
class Training:
    """All that the loop works on; see `_set_up`."""

    state: TrainingState
    precision: MixedPrecision
    adversary: Adversary | None
    flow_objective: AddGradients
    objective: AddGradients
    offsets: OffsetWatch
    data: Data | DegradedData
    records: Records
    header: dict[str, object]


def _set_up(recipe: Recipe, out: Path, device: torch.device, *, resume: bool) -> Training:
    """Make all that the loop works on; where it goes on, as it was left."""
    schedule = recipe.schedule
    torch.manual_seed(schedule.seed)

    # model
    module, scale = make_module(recipe)
    if recipe.model.start and not resume:
        start_from(module, recipe.model)
    flow = flow_that_learns(module, schedule)
    module.to(device=device, memory_format=torch.channels_last)  # type: ignore[call-overload]  # torch's stubs lack this form
    precision = make_precision(schedule.precision, device)
    adversary = None
    if recipe.adversarial is not None:
        adversary = make_adversary(recipe.adversarial, device, patch=scale * recipe.data.patch)
    state = _make_state(module, recipe, precision, adversary)
    if resume:
        content = processes.from_first(lambda: read_state(out / "state"))
        state.load(content, out / "state")
        take_over(state.progress, read_recipe_of(content), recipe.as_dict())

    # data
    data = _load_data(recipe, scale)
    if data.validation and not resume:
        quality = validate(module, data.validation, precision)
        form = "validation: bicubic %.3f dB, at the start %.3f dB"
        log.info(form, bicubic_quality(data.validation), quality)

    # records
    try:
        out.mkdir(parents=True, exist_ok=True)
        records = Records(out, recipe.output, first_step=state.progress.step, steps=schedule.steps)
        records.forget_after(state.progress.log_size)
        if not resume:
            keep_state(out, state, records)  # the first one to go back to
    except OSError as error:
        raise SinkError(f"'{out}' cannot be written: {error.strerror or error}") from error
    objective: AddGradients
    if adversary is None:
        objective = Regression(module=module, settings=recipe.loss, precision=precision)
    else:
        objective = AdversarialObjective(
            module=module, adversary=adversary, settings=recipe.loss, precision=precision
        )
    return Training(
        state=state,
        precision=precision,
        adversary=adversary,
        flow_objective=FlowObjective(flow=flow, precision=precision),
        objective=objective,
        offsets=OffsetWatch(module, device),
        data=data,
        records=records,
        header=_header(recipe, scale, data),
    )


def _run(training: Training, recipe: Recipe, out: Path) -> None:
    """Take all steps."""
    schedule, safety = recipe.schedule, recipe.safety
    state, records, precision = training.state, training.records, training.precision
    module, progress, adversary = state.module, state.progress, training.adversary
    both = [state.optimizer] if adversary is None else [state.optimizer, adversary.optimizer]
    coming = closing(_batches(training.data, progress.step + progress.lost, recipe))
    with coming as batches, stop_requests() as is_stop_asked:
        while progress.step < schedule.steps:
            # gradients
            step = progress.step
            with kept_on_failure(out, state, records):
                batch = next(batches)
            is_flow_phase = step < schedule.flow_steps
            set_learning(module, step, recipe)
            rate = learning_rate(step, schedule) * progress.rate_factor
            set_rates(state.optimizer, rate, is_flow_phase=is_flow_phase)
            if adversary is not None:
                adversary.set_rate(rate / schedule.rate)
            add = training.flow_objective if is_flow_phase else training.objective
            optimizers = both[:1] if is_flow_phase else both
            loss = compute_gradients(add, optimizers, batch, progress, precision.device)
            norm = finish_gradients(
                optimizers, precision.scaler, loss, limit=schedule.clip_gradient
            )

            # step
            offset = training.offsets.take()
            trouble = find_trouble(loss, norm, offset, offset_limit=safety.offset_limit)
            if trouble:
                records.event(step, f"skipped: {trouble}")
                keep_batch(out / "study", step, batch, trouble, most=safety.studied)
                progress.bad_steps += 1
            else:
                for optimizer in optimizers:
                    precision.scaler.step(optimizer)
                state.average.update_parameters(module)
                progress.bad_steps = 0
            if math.isfinite(loss):  # else nothing was scaled back
                precision.scaler.update()
            if step + 1 == schedule.flow_steps:  # the average of a flow that still learned is worse
                begin_anew(state.average, module)
            progress.step = step + 1
            if progress.bad_steps == safety.patience:
                roll_back(state, out, safety, records)
                continue
            records.step(progress.step, loss=loss, rate=rate, gradient=norm)

            # evaluation
            is_last = progress.step == schedule.steps
            if is_last or progress.step % schedule.evaluate_every == 0:
                _evaluate(training, recipe, out, loss)
            if processes.is_true_anywhere(is_stop_asked(), precision.device) and not is_last:
                end_early(out, state, records)


def _evaluate(training: Training, recipe: Recipe, out: Path, loss: float) -> None:
    """Measure the averaged weights; keep them and the state."""
    state, records, progress = training.state, training.records, training.state.progress
    average, clips, step = state.average.module, training.data.validation, progress.step
    if clips:
        progress.unmeasured = loss
        with suppress(OSError):  # said below, when it fails again
            keep_state(out, state, records)  # measuring may take more memory than there is
    measures = measure(average, clips, training.precision)
    progress.unmeasured = None
    for reason in list(training.data.samples.left_out.values()):
        records.left_out(step, reason)
    try:
        records.evaluation(step, loss, measures)
        if clips and records.has_pictures:
            records.picture(step, show(average, clips[0], training.precision))
        keep(out, state, training.header, measures["psnr_y"], keep_last=recipe.output.keep_last)
        keep_state(out, state, records, is_end=step == recipe.schedule.steps)
    except OSError as error:
        report_full_disk(out, step, error, is_last=step == recipe.schedule.steps)


def _load_data(recipe: Recipe, scale: int) -> Data | DegradedData:
    """Find the clips; small versions are made at once where all samples share them."""
    data: Data | DegradedData
    if recipe.degradations or recipe.sharpen or recipe.data.mirror:
        data = load_degraded_data(recipe, scale=scale)
    else:
        data = load_data(recipe, scale=scale, side=recipe.data.patch)
    multiple = find_backend(recipe.model.backend).multiple
    return replace(data, validation=[pair.cropped(multiple) for pair in data.validation])


def _batches(data: Data | DegradedData, start: int, recipe: Recipe) -> Generator[Batch, None, None]:
    """Give the batches in order; the next ones are made while the current one trains."""
    workers, samples = recipe.data.workers, data.samples
    with ThreadPoolExecutor(max_workers=workers) as pool:
        coming = deque(pool.submit(samples.__getitem__, start + n) for n in range(workers))
        number = start + workers
        while True:
            batch = coming.popleft().result()
            coming.append(pool.submit(samples.__getitem__, number))
            number += 1
            yield batch


def _make_state(
    module: nn.Module, recipe: Recipe, precision: MixedPrecision, adversary: Adversary | None
) -> TrainingState:
    """Make the state of a training that begins."""
    others: dict[str, Stateful] = {}
    if precision.scaler.is_enabled():
        others[SCALER] = precision.scaler
    if adversary is not None:
        others["discriminator"] = adversary.network
        others["discriminator_optimizer"] = adversary.optimizer
    return TrainingState(
        module=module,
        average=make_average(module, recipe.schedule.average),
        optimizer=make_optimizer(module, recipe),
        progress=Progress(),
        others=others,
        recipe=recipe.as_dict(),
    )


def _header(recipe: Recipe, scale: int, data: Data | DegradedData) -> dict[str, object]:
    settings = recipe.as_dict()
    tables = (settings["data"], settings["model"], settings["adversarial"], *settings["sources"])
    for table in tables:  # paths are nobody else's
        for key in ("folder", "low_folder", "list", "validation_folder", "start", "vgg"):
            if table and table.get(key):
                table[key] = Path(table[key]).name
    return {
        "backend": recipe.model.backend,
        "options": recipe.model.options,
        "name": recipe.name,
        "summary": recipe.summary,
        "scale": scale,
        "degradation": recipe.degradation,
        "licence": recipe.licence,
        "data": data.samples.names,
        "data_hash": hash_clips(data.samples.sources) if processes.rank() == 0 else "",
        "recipe": settings,
    }
