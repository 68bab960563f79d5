"""From a name and a weights file to a model."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from typing import Any

from vsfilter.engine.device import choose_device, choose_precision, keep_float32
from vsfilter.engine.model_choice import ChosenModel, choose_model
from vsfilter.engine.model_errors import blame_model, need_memory
from vsfilter.engine.self_ensemble import SelfEnsemble
from vsfilter.errors import PluginError
from vsfilter.plugin import Backend, Model, Precision


@dataclass(frozen=True, slots=True, kw_only=True)
class LoadedModel:
    """A model and what was chosen for it.

    Attributes:
        model: Ready to restore.
        backend: Where it came from.
        weights: A named set or a file; None for the backend's default, or where it needs none.
        device: The torch device it is on.
        precision: The lowest precision that it may use.
    """

    model: Model
    backend: Backend
    weights: str | Path | None
    device: str
    precision: Precision


def load(
    name: str = "auto",
    weights: str | Path | None = None,
    *,
    device: str = "auto",
    precision: str = "auto",
    **options: Any,  # Any: each backend checks its own options by name
) -> Model:
    """Load a model.

    Args:
        name: A backend of `vsr models`, or "auto": the one that the weights belong to, else the
            default. "backend:weights" names both at once.
        weights: A named set, or a file: ours, or an official checkpoint of BasicSR, mmediting or
            mmagic. "first+second" for two stages, where the backend has them. None for the
            backend's default set.
        device: "auto" or a torch device such as "cpu", "cuda:0".
        precision: "auto", "fp32", "bf16" or "fp16".
        options: The backend's own options.

    Returns:
        An object with `scale` and `restore(frames, keep)`: the model itself, for clips that fit
        into memory at once. `vsfilter.upscale` and the commands add windows, tiles and padding.

    Raises:
        PluginError: There is no such backend, or it fails.
        WeightsError: The weights are missing, damaged or of another architecture.
        DeviceError: The device or the precision is not available, or memory does not do.
        OptionError: An option is unknown or has a wrong value.
    """
    return load_model(name, weights, device=device, precision=precision, **options).model


def load_model(
    name: str = "auto",
    weights: str | Path | None = None,
    *,
    device: str = "auto",
    precision: str = "auto",
    scale: Fraction | int | None = None,
    **options: Any,  # Any: each backend checks its own options by name
) -> LoadedModel:
    """Load a model as `load` does, and say what was chosen.

    Args:
        name: As in `load`.
        weights: As in `load`.
        device: As in `load`.
        precision: As in `load`.
        scale: Wished scale; picks the bundled set that comes nearest from above, else from below.
            The model's own scale may differ. None for the default set.
        options: The backend's own options.

    Raises:
        VsfilterError: As in `load`.
    """
    chosen = choose_model(name, weights, scale, options)
    return load_chosen(chosen, device=device, precision=precision)


def load_chosen(chosen: ChosenModel, *, device: str, precision: str) -> LoadedModel:
    """Load a model that is chosen already; see `load_model` for the arguments."""
    chosen_device = choose_device(device)
    chosen_precision = choose_precision(precision, chosen_device)
    keep_float32(chosen_device)
    name = chosen.backend.name
    with need_memory(chosen_device, f"model {name!r}"), blame_model(name):
        model = chosen.backend.load(
            chosen.weights, device=chosen_device, precision=chosen_precision, **chosen.options
        )
        scale: object = model.scale
    if not isinstance(scale, int) or scale < 1:
        raise PluginError(f"model {name!r} has scale {scale!r} instead of a whole number from 1")
    return LoadedModel(
        model=SelfEnsemble(model) if chosen.is_ensemble else model,
        backend=chosen.backend,
        weights=chosen.weights,
        device=chosen_device,
        precision=chosen_precision,
    )
