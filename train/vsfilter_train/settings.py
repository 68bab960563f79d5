"""The settings of a training, each checked on its own."""

import math
from dataclasses import asdict, dataclass, field
from typing import Any

from vsfilter.errors import OptionError

from .degradations.step import Step
from .degradations.unsharp import Unsharp


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
        mirror: Samples run on backwards after their last frame, so that they have twice as many
            frames for the same pictures read.
        workers: Threads that make batches ahead of the training.
    """

    folder: str
    leave_out_licences: tuple[str, ...] = ()
    validation: tuple[str, ...] = ()
    shrink: tuple[float, ...] = (1.0,)
    patch: int = 32
    frames: int = 7
    batch: int = 8
    mirror: bool = False
    workers: int = 1

    def __post_init__(self) -> None:
        """Refuse samples that hold nothing."""
        for name in ("patch", "frames", "batch", "workers"):
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
class LossSettings:
    """What is made small, beside the Charbonnier distance of the restored frames.

    Attributes:
        cleaning: Weight of the distance between the cleaned input and the small ground truth, for
            a model that cleans its input; 0 leaves it out. RealBasicVSR has 1.
    """

    cleaning: float = 0.0

    def __post_init__(self) -> None:
        """Refuse a weight that rewards errors."""
        _refuse("cleaning", self.cleaning, "a number from 0", not 0 <= self.cleaning < math.inf)


@dataclass(frozen=True, slots=True, kw_only=True)
class Recipe:
    """A whole training.

    Attributes:
        name: Name of the weights that it makes.
        summary: One line on what they are for.
        degradation: What made the input of the ground truth, in a word for the header: "BI" for
            MATLAB's bicubic, "BD" for blur-down, any other word for other degradations.
        licence: SPDX identifier of the weights.
        model: What is trained.
        data: What it learns from.
        schedule: How it learns.
        loss: What it makes small.
        degradations: What makes the input, anew for each sample; none is MATLAB's bicubic.
        sharpen: How the ground truth is sharpened before all else; None leaves it as it is.
    """

    name: str
    summary: str
    degradation: str
    licence: str
    model: ModelSettings
    data: DataSettings
    schedule: ScheduleSettings
    loss: LossSettings = LossSettings()
    degradations: tuple[Step, ...] = ()
    sharpen: Unsharp | None = None

    def __post_init__(self) -> None:
        """Refuse a word for the degradation that is not true."""
        kinds = [step.kind for step in self.degradations] or ["bicubic"]
        wanted = {"bicubic": "BI", "blur_down": "BD"}.get(kinds[0]) if len(kinds) == 1 else None
        is_named = self.degradation in ("BI", "BD")
        if (wanted or is_named) and self.degradation != wanted:
            raise OptionError(
                f"degradation is {self.degradation!r}, but the input is made by "
                f"{', '.join(kinds)}: " + (f"write {wanted!r}" if wanted else "give another word")
            )

    def as_dict(self) -> dict[str, Any]:  # Any: JSON values
        """Give the recipe as JSON values, for headers and logs."""
        return {**asdict(self), "degradations": [step.as_dict() for step in self.degradations]}
