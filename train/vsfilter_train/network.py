"""The network of a recipe, and which of its parameters learn at which rate."""

import torch
from torch import nn

from vsfilter.discovery import find_backend
from vsfilter.errors import OptionError, PluginError

from .losses import Cleaning
from .schedule import PartSettings, ScheduleSettings
from .settings import Recipe

FLOW = "spynet"
"""Name of the flow network in every network that has one."""


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
    if recipe.data.patch % backend.multiple:
        raise OptionError(
            f"patch is {recipe.data.patch}: model {backend.name!r} wants multiples of "
            f"{backend.multiple} px"
        )
    return module, scale


def find_flow(module: nn.Module) -> nn.Module | None:
    """Give the part of a network that estimates flow, if it has one."""
    flow = getattr(module, FLOW, None)
    return flow if isinstance(flow, nn.Module) else None


def flow_that_learns(module: nn.Module, schedule: ScheduleSettings) -> nn.Module:
    """Give the flow network; nothing in its place where it need not learn alone.

    Raises:
        OptionError: It shall learn alone, and there is none.
    """
    flow = find_flow(module)
    if flow is None and schedule.flow_steps:
        raise OptionError("flow_steps is above 0, but the model has no flow network: set it to 0")
    return flow or nn.Identity()


def parts(recipe: Recipe) -> tuple[PartSettings, ...]:
    """List the parts of the network: the flow, then those of the recipe, then the rest."""
    schedule = recipe.schedule
    flow = PartSettings(
        name=FLOW, factor=schedule.flow_rate_factor, frozen_steps=schedule.flow_frozen_steps
    )
    return (flow, *recipe.parts, PartSettings(name="."))


def make_optimizer(module: nn.Module, recipe: Recipe) -> torch.optim.Adam:
    """Make Adam with a group for the rest of the network, for the flow, and for each part.

    Raises:
        OptionError: A part of the recipe has no parameters, or in some steps nothing learns.
    """
    all_parts = parts(recipe)
    groups: list[list[nn.Parameter]] = [[] for _ in all_parts]
    for name, parameter in module.named_parameters():
        groups[_part_number(name, all_parts)].append(parameter)
    for part, members in zip(recipe.parts, groups[1:-1], strict=True):
        if not members and any(part.name in name for name, _ in module.named_parameters()):
            raise OptionError(
                f"all parameters of part {part.name!r} belong to parts before it: of the flow, set "
                "schedule.flow_rate_factor and flow_frozen_steps"
            )
        _refuse_none(part.name, is_missing=not members)
    if first := recipe.schedule.first_only:
        _refuse_none(first, is_missing=not any(first in n for n, _ in module.named_parameters()))
    _refuse_idle_steps(module, recipe)
    numbers = (len(groups) - 1, *range(len(groups) - 1))  # the rest stands first
    return torch.optim.Adam(
        [{"params": groups[n], "factor": all_parts[n].factor} for n in numbers if groups[n]],
        lr=recipe.schedule.rate,
        betas=recipe.schedule.betas,
    )


def _refuse_idle_steps(module: nn.Module, recipe: Recipe) -> None:
    """Refuse steps in which all that may learn is frozen or waits for another part."""
    schedule = recipe.schedule
    ends = [0, schedule.first_only_steps, *(part.frozen_steps for part in parts(recipe))]
    for step in (schedule.flow_steps + end for end in ends):
        set_learning(module, step, recipe)
        if step < schedule.steps and not any(p.requires_grad for p in module.parameters()):
            raise OptionError(
                f"nothing learns in step {step}: give fewer flow_frozen_steps, first_only_steps or "
                "frozen_steps"
            )
    module.requires_grad_()


def set_learning(module: nn.Module, step: int, recipe: Recipe) -> None:
    """Freeze what does not learn in a step, and nothing else.

    While the flow learns alone nothing is frozen: no gradient reaches the rest.
    """
    schedule, all_parts = recipe.schedule, parts(recipe)
    done = step - schedule.flow_steps
    for name, parameter in module.named_parameters():
        is_held = done < schedule.first_only_steps and schedule.first_only not in name
        is_frozen = done < all_parts[_part_number(name, all_parts)].frozen_steps
        parameter.requires_grad_(done < 0 or not (is_held or is_frozen))


def set_rates(optimizer: torch.optim.Optimizer, rate: float, *, is_flow_phase: bool) -> None:
    """Set the learning rates; a part has its own factor, once the flow no longer learns alone."""
    for group in optimizer.param_groups:
        group["lr"] = rate * (1.0 if is_flow_phase else group["factor"])


def _part_number(name: str, all_parts: tuple[PartSettings, ...]) -> int:
    """Find the first part that a parameter is of; the last one has all."""
    owners = (n for n, part in enumerate(all_parts) if part.name in name)
    return next(owners, len(all_parts) - 1)


def _refuse_none(name: str, *, is_missing: bool) -> None:
    if is_missing:
        raise OptionError(f"no parameter of the model has {name!r} in its path: name another part")
