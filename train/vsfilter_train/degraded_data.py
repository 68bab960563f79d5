"""Training samples whose input is made from the ground truth for each sample anew."""

import zlib
from dataclasses import dataclass

import numpy as np

from vsfilter.errors import OptionError, SourceError

from .batch import Batch, make_batch
from .clip import Clip, Pixels
from .data import load_data
from .data_settings import list_sources
from .degradations.bicubic import Bicubic
from .degradations.low_clip import make_low, to_float, to_pixels
from .degradations.step import Step
from .pairs import HeldPair, Patches
from .samples import Samples
from .settings import Recipe


class DegradedSamples:
    """Random batches with random degradations; each is a pure function of seed and number.

    Args:
        samples: Samples of scale 1: their inputs are the ground truth.
        recipe: What makes their inputs.
        scale: Size of the ground truth over that of the input.
    """

    def __init__(self, samples: Samples, recipe: Recipe, *, scale: int) -> None:
        self._samples = samples
        self._recipe = recipe
        self._scale = scale

    @property
    def names(self) -> list[str]:
        """The clips that samples are cut from, sorted."""
        return self._samples.names

    @property
    def sources(self) -> list[Clip]:
        """See `Samples`."""
        return self._samples.sources

    @property
    def left_out(self) -> dict[str, str]:
        """Clips that turned out to be damaged, and why."""
        return self._samples.left_out

    def __getitem__(self, number: int) -> Batch:
        """Cut and degrade what this process has of a batch."""
        seed = self._recipe.schedule.seed
        samples = [
            # + 1: a trailing 0 would give the generator that has just cut the samples
            (place, self._degrade(patches.high, np.random.default_rng((seed, number, place + 1))))
            for place, patches in self._samples.cut(number)
        ]
        return make_batch(samples, number=number, total=self._samples.batch)

    def _degrade(self, high: Pixels, random: np.random.Generator) -> Patches:
        """Give the input and the target of one sample."""
        if self._recipe.data.mirror:
            high = np.concatenate([high, high[::-1]])
        is_truth_needed = bool(self._recipe.sharpen and self._recipe.adversarial)
        truth = high if is_truth_needed else None  # for the discriminator
        high = sharpened(high, self._recipe)
        low = make_low(high, degradations(self._recipe), scale=self._scale, random=random)
        return Patches(low=low, high=high, truth=truth)


@dataclass(frozen=True, slots=True, kw_only=True)
class DegradedData:
    """What a training with degradations sees; see `Data`."""

    samples: DegradedSamples
    validation: list[HeldPair]


def load_degraded_data(recipe: Recipe, *, scale: int) -> DegradedData:
    """Find the clips of a recipe: random batches, and degraded clips for validation.

    The validation clips are degraded once, by the recipe's seed and their own names. Their ground
    truth is not sharpened: the measure of a picture is the picture.

    Raises:
        SourceError: There are no clips.
        OptionError: A validation clip is missing, or no clip is large and long enough; or small
            versions are given.
    """
    if any(source.low_folder for source in list_sources(recipe.data, recipe.sources)):
        raise OptionError(
            "low_folder gives small versions, but [[degradations]], [sharpen] or data.mirror make "
            "them: leave out one of the two"
        )
    data = load_data(recipe, scale=1, side=scale * recipe.data.patch)
    return DegradedData(
        samples=DegradedSamples(data.samples, recipe, scale=scale),
        validation=[degrade_clip(pair, recipe, scale=scale) for pair in data.validation],
    )


def degrade_clip(ground: HeldPair, recipe: Recipe, *, scale: int) -> HeldPair:
    """Make the input of a whole clip, by the recipe's seed and the clip's name.

    The ground truth is cropped to multiples of four times the scale: video encoders and the
    scenarios of a quarter want even sides.

    Raises:
        SourceError: Nothing would be left.
    """
    unit = 4 * scale
    _, h, w, _ = ground.high.shape
    if min(h, w) < unit:
        raise SourceError(f"'{ground.name}' is {w}x{h} px: at least {unit}x{unit} px are needed")
    high = np.ascontiguousarray(ground.high[:, : h - h % unit, : w - w % unit])
    seed = (recipe.schedule.seed, zlib.crc32(ground.name.encode()))
    random = np.random.default_rng(seed)
    low = make_low(high, degradations(recipe), scale=scale, random=random)
    return HeldPair(name=ground.name, high=high, low=low)


def degradations(recipe: Recipe) -> tuple[Step, ...]:
    """Give the degradations of a recipe; MATLAB's bicubic where it lists none."""
    return recipe.degradations or (Step(kind="bicubic", degrade=Bicubic()),)


def sharpened(high: Pixels, recipe: Recipe) -> Pixels:
    """Sharpen a clip (t, h, w, 3) if the recipe says so."""
    if recipe.sharpen is None:
        return high
    return to_pixels(recipe.sharpen(to_float(high), np.random.default_rng(0)))
