"""The settings of a training, each checked on its own."""

import math
from dataclasses import asdict, dataclass, field
from typing import Any

from vsfilter.errors import OptionError

from .data_settings import DataSettings, SourceSettings
from .degradations.step import Step
from .degradations.unsharp import Unsharp
from .schedule import PartSettings, ScheduleSettings
from .setting_refusal import refuse


@dataclass(frozen=True, slots=True, kw_only=True)
class ModelSettings:
    """What is trained.

    Attributes:
        backend: Name of an installed backend that can be trained.
        options: Options of its architecture, as the header of the weights will record them.
        start: Weights from which it starts, a file or a name; also of a net with fewer blocks,
            which are then repeated. Empty starts at random.
        start_without: Pieces of the paths of parameters that start at random all the same, such as
            "tail" where those weights are of another scale.
        start_grows: Blocks that the network has beyond those weights do little at first, in place
            of repeating others: it begins as what they are.
    """

    backend: str
    options: dict[str, Any] = field(default_factory=dict)  # Any: each backend checks its own
    start: str = ""
    start_without: tuple[str, ...] = ()
    start_grows: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class AdversarialSettings:
    """How a discriminator takes part; Chan et al., CVPR 2022, section 4.

    Attributes:
        weight: Of the judgement of the discriminator.
        perceptual: Weight of the perceptual loss, which needs `vgg`.
        vgg: Torchvision's file of VGG-19; empty takes that which torchvision has fetched.
        feature_matching: Weight of the distance between the discriminator's features of restored
            and true frames, which needs no file.
        rate: Learning rate of the discriminator at the highest rate of the schedule.
        width: Channels of the discriminator.
    """

    weight: float = 0.05
    perceptual: float = 1.0
    vgg: str = ""
    feature_matching: float = 0.0
    rate: float = 1e-4
    width: int = 64

    def __post_init__(self) -> None:
        """Refuse weights that reward errors."""
        for name in ("weight", "perceptual", "feature_matching"):
            value = getattr(self, name)
            refuse(name, value, "a number from 0", not 0 <= value < math.inf)
        refuse("rate", self.rate, "more than 0", not self.rate > 0)
        refuse("width", self.width, "at least 1", self.width < 1)


@dataclass(frozen=True, slots=True, kw_only=True)
class SafetySettings:
    """What happens when a step goes wrong.

    A step is bad when its loss or gradient is not finite, or when deformable convolutions look
    too far away; it is not taken.

    Attributes:
        patience: Bad steps in a row after which training goes back to its last good state.
        rate_cut: By which the learning rate is then multiplied.
        rollbacks: How often it goes back to one state before it gives up.
        offset_limit: Mean offset of a deformable convolution that is too far, in px.
        studied: Most batches of bad steps that are kept in `study/`.
    """

    patience: int = 5
    rate_cut: float = 0.5
    rollbacks: int = 5
    offset_limit: float = 100.0
    studied: int = 8

    def __post_init__(self) -> None:
        """Refuse what never or always gives up."""
        for name, least in (("patience", 1), ("rollbacks", 0), ("studied", 0)):
            refuse(name, getattr(self, name), f"at least {least}", getattr(self, name) < least)
        refuse("rate_cut", self.rate_cut, "above 0, up to 1", not 0 < self.rate_cut <= 1)
        refuse("offset_limit", self.offset_limit, "more than 0", not self.offset_limit > 0)


@dataclass(frozen=True, slots=True, kw_only=True)
class LossSettings:
    """What is made small, beside the Charbonnier distance of the restored frames.

    Attributes:
        cleaning: Weight of the distance between the cleaned input and the small ground truth, for
            a model that cleans its input; 0 leaves it out. RealBasicVSR has 1.
        colours: Weight of how far the mean colours of areas are from those of the input; 0 leaves
            it out. For damaged video, from which a network may learn to move them.
        detail: Weight of how much of the fine detail of the ground truth is missing; 0 leaves it
            out. Where detail is uncertain, distances alone blur it.
        centre: Only the middle frame of a sample counts, and is restored: for networks that make
            each frame of a window, as EDVR, whose `forward` takes `keep`.
        epsilon: Errors that are small beside its root count by their squares, others by their
            size. From 1e-2 on most do, by which a network that begins with nothing gets going.
    """

    cleaning: float = 0.0
    colours: float = 0.0
    detail: float = 0.0
    centre: bool = False
    epsilon: float = 1e-12

    def __post_init__(self) -> None:
        """Refuse a weight that rewards errors, and a distance without a gradient at zero."""
        refuse("epsilon", self.epsilon, "a number above 0", not 0 < self.epsilon < math.inf)
        for name in ("cleaning", "colours", "detail"):
            weight = getattr(self, name)
            refuse(name, weight, "a number from 0", not 0 <= weight < math.inf)


@dataclass(frozen=True, slots=True, kw_only=True)
class OutputSettings:
    """What a training tells and keeps, beside its best and last weights.

    Attributes:
        log_every: Steps between two lines of the log; evaluations have lines of their own.
        keep_last: Weights of so many evaluations are kept as `step_00001000.safetensors`.
        tensorboard: Scalars and pictures for TensorBoard go into `tensorboard/`.
    """

    log_every: int = 100
    keep_last: int = 2
    tensorboard: bool = False

    def __post_init__(self) -> None:
        """Refuse what cannot be counted."""
        for name, least in (("log_every", 1), ("keep_last", 0)):
            refuse(name, getattr(self, name), f"at least {least}", getattr(self, name) < least)


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
        sources: Several folders to learn from, in place of `data.folder`.
        loss: What it makes small.
        adversarial: A discriminator takes part; None leaves it out.
        safety: What happens when a step goes wrong.
        output: What it tells and keeps.
        parts: Parts of the network with learning rates of their own, beside the flow.
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
    adversarial: AdversarialSettings | None = None
    safety: SafetySettings = SafetySettings()
    output: OutputSettings = OutputSettings()
    parts: tuple[PartSettings, ...] = ()
    sources: tuple[SourceSettings, ...] = ()
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
