"""How a training proceeds: its steps, learning rates, and which part learns when."""

import math
from dataclasses import dataclass
from itertools import accumulate

from vsfilter.errors import OptionError

from .setting_refusal import refuse

CURVES = ("cosine", "steps", "constant")
PRECISIONS = ("fp32", "bf16", "fp16")


@dataclass(frozen=True, slots=True, kw_only=True)
class PartSettings:
    """A part of the network with a learning rate of its own.

    Attributes:
        name: Parameters are of this part when their dotted path contains it: "dcn".
        factor: Its rate over that of the rest.
        frozen_steps: Steps, after those of the flow alone, in which it does not learn.
    """

    name: str
    factor: float = 1.0
    frozen_steps: int = 0

    def __post_init__(self) -> None:
        """Refuse a part that is everything or learns backwards."""
        refuse("name", repr(self.name), "a part of a parameter's path", not self.name)
        refuse("factor", self.factor, "a number from 0", not 0 <= self.factor < math.inf)
        refuse("frozen_steps", self.frozen_steps, "at least 0", self.frozen_steps < 0)


@dataclass(frozen=True, slots=True, kw_only=True)
class ScheduleSettings:
    """How it learns.

    Attributes:
        steps: Steps in all.
        flow_steps: The first of them, which train the flow alone, on pictures moved by a known one.
        rate: Highest learning rate of Adam.
        curve: How the rate falls: "cosine", "steps" or "constant".
        floor: Where a cosine ends, over `rate`.
        periods: Steps of each period of a cosine with restarts; empty is one period to the end.
        restarts: Where each period begins, over `rate`; empty begins all at `rate`.
        milestones: Steps at which the curve "steps" multiplies the rate by `gamma`.
        gamma: See `milestones`.
        betas: Decays of Adam's two averages.
        warmup: Steps over which the rate rises, in each of the two phases.
        flow_rate_factor: Rate of the flow over that of the rest, after its own steps.
        flow_frozen_steps: Steps, after its own, in which the flow does not learn.
        first_only: A part of the network that learns alone at first, as in `PartSettings.name`.
        first_only_steps: For how many steps, after those of the flow.
        clip_gradient: Largest norm of the gradient.
        average: Decay of the moving average of the weights, which is what is kept; it begins
            lower, so that the first weights are soon forgotten.
        precision: Of the convolutions, those of the flow too: "fp32", "bf16" or "fp16"; warping
            and loss are in fp32.
        seed: A whole number from 0.
        evaluate_every: Steps between two evaluations; the state is saved then too.
    """

    steps: int
    flow_steps: int = 0
    rate: float = 1e-3
    curve: str = "cosine"
    floor: float = 0.01
    periods: tuple[int, ...] = ()
    restarts: tuple[float, ...] = ()
    milestones: tuple[int, ...] = ()
    gamma: float = 0.5
    betas: tuple[float, float] = (0.9, 0.99)
    warmup: int = 100
    flow_rate_factor: float = 0.25
    flow_frozen_steps: int = 0
    first_only: str = ""
    first_only_steps: int = 0
    clip_gradient: float = 0.5
    average: float = 0.999
    precision: str = "bf16"
    seed: int = 0
    evaluate_every: int = 500

    def __post_init__(self) -> None:
        """Refuse a schedule that trains nothing."""
        if self.steps < 1 or not 0 <= self.flow_steps <= self.steps:
            raise OptionError(
                f"schedule has {self.steps} steps, {self.flow_steps} of them for the flow: "
                "give at least 1 step and no more flow_steps than steps"
            )
        for name, choices in (("curve", CURVES), ("precision", PRECISIONS)):
            value = getattr(self, name)
            refuse(name, repr(value), f"one of {', '.join(choices)}", value not in choices)
        for name in ("flow_frozen_steps", "first_only_steps", "warmup"):
            refuse(name, getattr(self, name), "at least 0", getattr(self, name) < 0)
        for name in ("rate", "clip_gradient", "gamma"):
            refuse(name, getattr(self, name), "more than 0", not getattr(self, name) > 0)
        refuse("rate", self.rate, "a finite number", not self.rate < math.inf)
        refuse("evaluate_every", self.evaluate_every, "at least 1", self.evaluate_every < 1)
        refuse("seed", self.seed, "0 to 2^64 - 1", not 0 <= self.seed < 2**64)
        refuse("average", self.average, "0 to less than 1", not 0 <= self.average < 1)
        refuse("floor", self.floor, "0 to 1", not 0 <= self.floor <= 1)
        refuse("betas", self.betas, "0 to less than 1", not all(0 <= b < 1 for b in self.betas))
        self._check_periods()
        if bool(self.first_only) != bool(self.first_only_steps):
            raise OptionError(
                f"first_only is {self.first_only!r} for {self.first_only_steps} steps: give both"
            )

    def _check_periods(self) -> None:
        for name, curve in (("milestones", "steps"), ("periods", "cosine"), ("restarts", "cosine")):
            is_idle = bool(getattr(self, name)) and self.curve != curve
            refuse(name, getattr(self, name), f'curve = "{curve}" with it', is_idle)
        is_wrong = not all(0 < top < math.inf for top in self.restarts)
        refuse("restarts", self.restarts, "numbers above 0", is_wrong)
        refuse("periods", self.periods, "at least 1 step each", min(self.periods, default=1) < 1)
        after_flow = self.steps - self.flow_steps
        if self.periods and sum(self.periods) != after_flow:
            raise OptionError(
                f"periods have {sum(self.periods)} steps: give {after_flow}, the steps after "
                "those of the flow"
            )
        if self.restarts and len(self.restarts) != len(self.periods):
            raise OptionError(
                f"restarts has {len(self.restarts)} numbers: give one for each period"
            )


def learning_rate(step: int, schedule: ScheduleSettings) -> float:
    """Give the rate of a step: a short rise, then the curve, in each of the two phases."""
    if step < schedule.flow_steps:
        rise = min(1.0, (step + 1) / max(1, schedule.warmup))
        return schedule.rate * rise * _cosine(step / schedule.flow_steps, schedule.floor)
    done = step - schedule.flow_steps
    rise = min(1.0, (done + 1) / max(1, schedule.warmup))
    return schedule.rate * rise * _curve(done, schedule)


def _curve(done: int, schedule: ScheduleSettings) -> float:
    """Give the rate over its highest, after so many steps of the second phase."""
    if schedule.curve == "constant":
        return 1.0
    if schedule.curve == "steps":
        passed = sum(done + schedule.flow_steps >= step for step in schedule.milestones)
        return float(schedule.gamma**passed)
    periods = schedule.periods or (schedule.steps - schedule.flow_steps,)
    ends = list(accumulate(periods))
    number = min(sum(done >= end for end in ends), len(periods) - 1)
    start = ends[number] - periods[number]
    top = schedule.restarts[number] if schedule.restarts else 1.0
    return top * _cosine((done - start) / periods[number], schedule.floor)


def _cosine(done: float, floor: float) -> float:
    """Fall from 1 to the floor while `done` rises from 0 to 1 (Loshchilov & Hutter, 2017)."""
    return floor + (1 - floor) * 0.5 * (1 + math.cos(math.pi * done))
