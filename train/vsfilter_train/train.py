"""The training loop, from top to bottom."""

import json
import logging
import math
import time
from collections import deque
from collections.abc import Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import torch
from torch import Tensor, nn
from torch.optim.swa_utils import AveragedModel, get_ema_multi_avg_fn

from vsfilter.discovery import find_backend
from vsfilter.errors import OptionError, PluginError
from vsfilter.weights import save_weights

from .data import Batch, Pair, Samples, load_data
from .degraded_data import DegradedSamples, load_degraded_data
from .losses import Cleaning, charbonnier, cleaning_error, photometric, shrunk
from .settings import LossSettings, Recipe, ScheduleSettings
from .state import Progress, TrainingState
from .validate import bicubic_quality, validate

log = logging.getLogger(__name__)


def train(recipe: Recipe, out: Path, *, resume: bool = False) -> None:
    """Train what a recipe describes.

    Writes `last.safetensors`, `best.safetensors`, `state/` and `log.jsonl` into a folder.

    Args:
        recipe: All settings.
        out: The folder; made when missing.
        resume: Go on from `out/state`.

    Raises:
        OptionError: The backend cannot be trained, or a setting does not fit it.
        PluginError: There is no such backend, or its network does not tell its scale.
        SourceError: There are no clips to train on.
    """
    out.mkdir(parents=True, exist_ok=True)
    schedule = recipe.schedule
    device = torch.device("cuda" if torch.cuda.is_available() else "cpu")
    torch.manual_seed(schedule.seed)

    # model
    module, scale = make_module(recipe)
    module.to(device=device, memory_format=torch.channels_last)  # type: ignore[call-overload]  # torch's stubs lack this form
    flow_model = _flow_model(module, schedule)

    state = _make_state(module, flow_model, schedule)
    average, optimizer = state.average, state.optimizer
    if resume:
        state.load(out / "state")

    # data
    samples, validation = _load_data(recipe, scale, is_new=not resume)
    header = _header(recipe, scale, samples.names)

    # loop
    started = time.monotonic()
    for step, batch in _batches(samples, state.progress.step, recipe):
        _set_rates(optimizer, step, schedule)
        low, high = batch.low.to(device), batch.high.to(device)
        is_flow_phase = step < schedule.flow_steps
        learning, compute = (flow_model, _flow_loss) if is_flow_phase else (module, _loss)
        with torch.autocast(device.type, torch.bfloat16):
            loss = compute(learning, low, high, recipe.loss)
        optimizer.zero_grad(set_to_none=True)
        loss.backward()  # type: ignore[no-untyped-call]  # torch's own method is untyped
        norm = nn.utils.clip_grad_norm_(module.parameters(), schedule.clip_gradient)
        if math.isfinite(loss.item()) and math.isfinite(norm.item()):
            optimizer.step()
            average.update_parameters(module)
        else:
            log.warning("step %d skipped: loss %g, gradient %g", step, loss.item(), norm.item())
        if step + 1 == schedule.flow_steps:  # the average of a flow that still learned is worse
            average.module.load_state_dict(module.state_dict())

        state.progress.step = step + 1
        if (step + 1) % schedule.evaluate_every and step + 1 < schedule.steps:
            continue
        quality = validate(average.module, validation, device=device) if validation else 0.0
        _record(out / "log.jsonl", step + 1, loss.item(), quality, time.monotonic() - started)
        _keep(out, state, header, quality)


def _keep(out: Path, state: TrainingState, header: Mapping[str, object], quality: float) -> None:
    """Write the averaged weights, as the best ones too if they are, and the state."""
    metrics = {"step": state.progress.step, "validation_psnr_y": round(quality, 3)}
    header = {**header, "metrics": metrics}
    weights = state.average.module.state_dict()
    save_weights(out / "last.safetensors", weights, header)
    if quality >= state.progress.best_psnr:
        state.progress.best_psnr = quality
        save_weights(out / "best.safetensors", weights, header)
    state.save(out / "state")


def learning_rate(step: int, schedule: ScheduleSettings) -> float:
    """Give the rate of a step: a short rise, then a cosine, in each of the two phases."""
    if step < schedule.flow_steps:
        done, steps = step, schedule.flow_steps
    else:
        done, steps = step - schedule.flow_steps, schedule.steps - schedule.flow_steps
    rise = min(1.0, (done + 1) / max(1, schedule.warmup))
    fall = 0.01 + 0.99 * 0.5 * (1 + math.cos(math.pi * done / steps))
    return schedule.rate * rise * fall


def _flow_loss(flow_model: nn.Module, low: Tensor, high: Tensor, settings: LossSettings) -> Tensor:
    """Compute how badly the flow explains a batch."""
    # the flow of a network that cleans its input sees cleaned frames
    return photometric(flow_model, shrunk(high, low) if settings.cleaning else low)


def _loss(module: nn.Module, low: Tensor, high: Tensor, settings: LossSettings) -> Tensor:
    """Compute how far a batch is from the ground truth, and its cleaned input if that counts."""
    if not settings.cleaning or not isinstance(module, Cleaning):
        return charbonnier(module(low), high)
    cleaned = module.clean(low)
    loss = charbonnier(module.restore_cleaned(cleaned), high)
    return loss + settings.cleaning * cleaning_error(cleaned, high)


def _load_data(
    recipe: Recipe, scale: int, *, is_new: bool
) -> tuple[Samples | DegradedSamples, list[Pair]]:
    """Read the clips; small versions are made at once where all samples share them."""
    samples: Samples | DegradedSamples
    if recipe.degradations or recipe.sharpen or recipe.data.mirror:
        samples, validation = load_degraded_data(recipe, scale=scale)
    else:
        samples, validation = load_data(recipe.data, scale=scale, seed=recipe.schedule.seed)
    if validation and is_new:
        log.info("validation: bicubic %.3f dB", bicubic_quality(validation))
    return samples, validation


def _batches(
    samples: Samples | DegradedSamples, start: int, recipe: Recipe
) -> Iterator[tuple[int, Batch]]:
    """Give the batches in order; the next ones are made while the current one trains."""
    workers = recipe.data.workers
    with ThreadPoolExecutor(max_workers=workers) as pool:
        coming = deque(pool.submit(samples.__getitem__, start + n) for n in range(workers))
        for step in range(start, recipe.schedule.steps):
            batch = coming.popleft().result()
            coming.append(pool.submit(samples.__getitem__, step + workers))
            yield step, batch


def _set_rates(optimizer: torch.optim.Optimizer, step: int, schedule: ScheduleSettings) -> None:
    """Set the learning rates; the flow has one of its own, once it no longer learns alone."""
    rate, is_flow_phase = learning_rate(step, schedule), step < schedule.flow_steps
    for group in optimizer.param_groups:
        group["lr"] = rate * (1.0 if is_flow_phase else group["factor"])


def make_module(recipe: Recipe) -> tuple[nn.Module, int]:
    """Make the network of a recipe, and tell its scale.

    Raises:
        OptionError: The backend cannot be trained, or an option or loss does not fit it.
        PluginError: There is no such backend, or its network does not tell its scale.
    """
    backend = find_backend(recipe.model.backend)
    if backend.create is None:
        raise OptionError(f"model {backend.name!r} cannot be trained")
    module = backend.create(**recipe.model.options)
    scale = getattr(module, "scale", None)
    if not isinstance(scale, int):
        raise PluginError(
            f"model {backend.name!r} makes a module whose scale is {scale!r}: "
            "give the module a whole number as its attribute scale"
        )
    if recipe.loss.cleaning and not isinstance(module, Cleaning):
        raise OptionError(
            f"cleaning is {recipe.loss.cleaning}, but model {backend.name!r} cleans no input: "
            "leave it out of [loss]"
        )
    return module, scale


def _flow_model(module: nn.Module, schedule: ScheduleSettings) -> nn.Module:
    """Give the part of the network that estimates flow."""
    flow_model = getattr(module, "spynet", None)
    if isinstance(flow_model, nn.Module):
        return flow_model
    if schedule.flow_steps:
        raise OptionError("flow_steps is above 0, but the model has no flow network: set it to 0")
    return nn.Identity()


def _make_state(
    module: nn.Module, flow_model: nn.Module, schedule: ScheduleSettings
) -> TrainingState:
    """Make the state of a training that begins."""
    decay = get_ema_multi_avg_fn(schedule.average)  # type: ignore[no-untyped-call]  # torch's own function is untyped
    return TrainingState(
        module=module,
        average=AveragedModel(module, multi_avg_fn=decay),
        optimizer=_optimizer(module, flow_model, schedule),
        progress=Progress(),
    )


def _optimizer(
    module: nn.Module, flow_model: nn.Module, schedule: ScheduleSettings
) -> torch.optim.Adam:
    """Make Adam with the flow's parameters in a group of their own."""
    flow = {id(parameter) for parameter in flow_model.parameters()}
    rest = [parameter for parameter in module.parameters() if id(parameter) not in flow]
    groups = [
        {"params": rest, "factor": 1.0},
        {"params": list(flow_model.parameters()), "factor": schedule.flow_rate_factor},
    ]
    return torch.optim.Adam(
        [group for group in groups if group["params"]], lr=schedule.rate, betas=(0.9, 0.99)
    )


def _header(recipe: Recipe, scale: int, clips: list[str]) -> dict[str, object]:
    settings = recipe.as_dict()
    settings["data"]["folder"] = Path(recipe.data.folder).name  # its path is nobody else's
    return {
        "backend": recipe.model.backend,
        "options": recipe.model.options,
        "name": recipe.name,
        "summary": recipe.summary,
        "scale": scale,
        "degradation": recipe.degradation,
        "licence": recipe.licence,
        "data": clips,
        "recipe": settings,
    }


def _record(path: Path, step: int, loss: float, quality: float, elapsed_s: float) -> None:
    """Append one line to the log."""
    shown = loss if math.isfinite(loss) else None  # JSON has no NaN
    line = {"step": step, "loss": shown, "psnr_y": quality, "elapsed_s": round(elapsed_s, 1)}
    with path.open("a", encoding="utf-8") as file:
        file.write(json.dumps(line) + "\n")
    log.info("step %d: loss %.5f, validation %.3f dB, %.0f s", step, loss, quality, elapsed_s)
