"""Recipes: the settings of a training, read from TOML into checked dataclasses."""

import difflib
import tomllib
from dataclasses import asdict, dataclass, field, fields
from pathlib import Path
from typing import Any

from vsfilter.errors import OptionError


def _refuse(name: str, value: object, wanted: str, is_wrong: bool) -> None:
    if is_wrong:
        raise OptionError(f"{name} is {value}: give {wanted}")


@dataclass(frozen=True, slots=True, kw_only=True)
class ModelSettings:
    """What is trained.

    Attributes:
        backend: Name of an installed backend that can be trained.
        options: Options of its architecture, as the header of the weights will record them.
    """

    backend: str
    options: dict[str, Any] = field(default_factory=dict)  # Any: each backend checks its own


@dataclass(frozen=True, slots=True, kw_only=True)
class DataSettings:
    """What it learns from.

    Attributes:
        folder: Holds the video files; relative to where training is started.
        leave_out_licences: Clips whose stated licence contains one of these are not used.
        validation: Names of files that are kept for choosing the best weights.
        shrink: Sizes at which the ground truth is used.
        patch: Side of the input patches, in px.
        frames: Frames of a sample.
        batch: Samples a step.
    """

    folder: str
    leave_out_licences: tuple[str, ...] = ()
    validation: tuple[str, ...] = ()
    shrink: tuple[float, ...] = (1.0,)
    patch: int = 32
    frames: int = 7
    batch: int = 8

    def __post_init__(self) -> None:
        """Refuse samples that hold nothing."""
        for name in ("patch", "frames", "batch"):
            _refuse(name, getattr(self, name), "at least 1", getattr(self, name) < 1)
        is_empty = not self.shrink or min(self.shrink) <= 0
        _refuse("shrink", self.shrink, "numbers above 0", is_empty)


@dataclass(frozen=True, slots=True, kw_only=True)
class ScheduleSettings:
    """How it learns.

    Attributes:
        steps: Steps in all.
        flow_steps: The first of them, which train the flow alone by its photometric loss.
        rate: Highest learning rate of Adam; it falls to 1 % along a cosine.
        warmup: Steps over which the rate rises, in each of the two phases.
        flow_rate_factor: Rate of the flow over that of the rest, after its own steps.
        clip_gradient: Largest norm of the gradient.
        average: Decay of the moving average of the weights, which is what is kept.
        seed: Any whole number.
        evaluate_every: Steps between two evaluations; the state is saved then too.
    """

    steps: int
    flow_steps: int = 0
    rate: float = 1e-3
    warmup: int = 100
    flow_rate_factor: float = 0.25
    clip_gradient: float = 0.5
    average: float = 0.999
    seed: int = 0
    evaluate_every: int = 500

    def __post_init__(self) -> None:
        """Refuse a schedule that trains nothing."""
        if self.steps < 1 or not 0 <= self.flow_steps <= self.steps:
            raise OptionError(
                f"schedule has {self.steps} steps, {self.flow_steps} of them for the flow: "
                "give at least 1 step and no more flow_steps than steps"
            )
        _refuse("evaluate_every", self.evaluate_every, "at least 1", self.evaluate_every < 1)
        _refuse("rate", self.rate, "more than 0", not self.rate > 0)
        _refuse("clip_gradient", self.clip_gradient, "more than 0", not self.clip_gradient > 0)
        _refuse("average", self.average, "0 to less than 1", not 0 <= self.average < 1)


@dataclass(frozen=True, slots=True, kw_only=True)
class Recipe:
    """A whole training.

    Attributes:
        name: Name of the weights that it makes.
        summary: One line on what they are for.
        degradation: What made the input of the ground truth: "BI" for MATLAB's bicubic.
        licence: SPDX identifier of the weights.
        model: What is trained.
        data: What it learns from.
        schedule: How it learns.
    """

    name: str
    summary: str
    degradation: str
    licence: str
    model: ModelSettings
    data: DataSettings
    schedule: ScheduleSettings

    @property
    def scale(self) -> int:
        """Upscaling factor of the model."""
        return int(self.model.options.get("scale", 4))

    def as_dict(self) -> dict[str, Any]:  # Any: JSON values
        """Give the recipe as JSON values, for headers and logs."""
        return asdict(self)


TABLES = {"model": ModelSettings, "data": DataSettings, "schedule": ScheduleSettings}


def read_recipe(path: Path, *, changes: tuple[str, ...] = ()) -> Recipe:
    """Read a recipe.

    Args:
        path: A TOML file.
        changes: Settings that differ, as `table.key=value` with a TOML value.

    Raises:
        OptionError: The file is missing or no TOML, or a setting is unknown or has a wrong type.
    """
    try:
        content = tomllib.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise OptionError(f"recipe '{path}' does not exist or cannot be read") from error
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise OptionError(f"recipe '{path}' is no TOML: {error}") from error
    for change in changes:
        _apply(content, change)
    tables = {
        name: _fill(kind, content.pop(name, {}), where=f"recipe '{path}', table [{name}]")
        for name, kind in TABLES.items()
    }
    recipe: Recipe = _fill(Recipe, {**content, **tables}, where=f"recipe '{path}'")
    return recipe


def _apply(content: dict[str, Any], change: str) -> None:
    key, separator, text = change.partition("=")
    if not separator:
        raise OptionError(f"--set {change!r} is not of the form table.key=value")
    try:
        value = tomllib.loads(f"value = {text}")["value"]
    except tomllib.TOMLDecodeError:
        value = text  # a bare word is meant as a string
    *parents, last = key.strip().split(".")
    for parent in parents:
        content = content.setdefault(parent, {})
        if not isinstance(content, dict):
            raise OptionError(f"--set {change!r}: {parent} is a value, not a table")
    content[last] = value


def _fill(kind: Any, values: dict[str, Any], *, where: str) -> Any:  # Any: one of the dataclasses
    if not isinstance(values, dict):
        raise OptionError(f"{where} is {values!r}: give a table")
    known = {item.name: item for item in fields(kind)}
    for key in values:
        if key not in known:
            near = difflib.get_close_matches(key, known, n=1)
            hint = f", did you mean {near[0]!r}?" if near else f" (known: {', '.join(known)})"
            raise OptionError(f"{where}: unknown setting {key!r}{hint}")
    checked = {
        key: _check(value, known[key].type, f"{where}: {key}") for key, value in values.items()
    }
    try:
        return kind(**checked)
    except TypeError as error:
        raise OptionError(f"{where}: {str(error).split('__init__() ')[-1]}") from error


def _check(value: Any, expected: Any, where: str) -> Any:  # Any: TOML values
    """Check one value against the annotation of its field; lists become tuples."""
    if expected is float and type(value) is int:
        return float(value)
    if expected in (tuple[str, ...], tuple[float, ...]):
        item = str if expected == tuple[str, ...] else float
        if not isinstance(value, list):
            raise OptionError(f"{where} is {value!r}: give a list")
        return tuple(_check(entry, item, where) for entry in value)
    if expected == dict[str, Any] and not isinstance(value, dict):
        raise OptionError(f"{where} is {value!r}: give a table")
    if expected in (str, int, float) and type(value) is not expected:
        raise OptionError(f"{where} is {value!r}: give a value of type {expected.__name__}")
    return value
