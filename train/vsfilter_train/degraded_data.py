"""Training samples whose input is made from the ground truth for each sample anew."""

import zlib
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from .data import Batch, Pair, Samples, choose_clips, make_batch, read_pairs
from .degradations.bicubic import Bicubic
from .degradations.low_clip import make_low, to_float, to_pixels
from .degradations.step import Step
from .settings import Recipe

Pixels = NDArray[np.uint8]


class DegradedSamples:
    """Random batches with random degradations; batch `step` is a pure function of seed and step.

    Args:
        grounds: Pairs of scale 1: clips that are their own small version.
        recipe: How many and how large samples are, and what makes their input.
        scale: Size of the ground truth over that of the input.

    Raises:
        OptionError: No clip is large and long enough.
    """

    def __init__(self, grounds: Sequence[Pair], recipe: Recipe, *, scale: int) -> None:
        self._samples = Samples(
            grounds,
            size=scale * recipe.data.patch,
            frames=recipe.data.frames,
            batch=recipe.data.batch,
            seed=recipe.schedule.seed,
        )
        self._recipe = recipe
        self._scale = scale

    @property
    def names(self) -> list[str]:
        """The files that samples are cut from, sorted."""
        return self._samples.names

    def __getitem__(self, step: int) -> Batch:
        """Cut and degrade what this process has of the batch of one step."""
        seed = self._recipe.schedule.seed
        samples = [
            # + 1: a trailing 0 would give the generator that has just cut the samples
            self._degrade(high, np.random.default_rng((seed, step, number + 1)))
            for number, (_, high) in self._samples.cut(step)
        ]
        return make_batch(samples, total=self._samples.batch)

    def _degrade(self, high: Pixels, random: np.random.Generator) -> tuple[Pixels, Pixels]:
        """Give the input and the target of one sample."""
        if self._recipe.data.mirror:
            high = np.concatenate([high, high[::-1]])
        high = sharpened(high, self._recipe)
        low = make_low(high, degradations(self._recipe), scale=self._scale, random=random)
        return low, high


def load_degraded_data(recipe: Recipe, *, scale: int) -> tuple[DegradedSamples, list[Pair]]:
    """Read the clips of a recipe: random batches, and degraded clips for validation.

    The validation clips are degraded once, by the recipe's seed and their own names. Their ground
    truth is not sharpened: the measure of a picture is the picture.

    Raises:
        SourceError: There are no clips.
        OptionError: A validation clip is missing, or no clip is large and long enough.
    """
    learned, held_out = choose_clips(recipe.data)
    side = scale * recipe.data.patch
    grounds = read_pairs(learned, scale=1, shrink=recipe.data.shrink, min_side=side)
    samples = DegradedSamples(grounds, recipe, scale=scale)
    clips = read_pairs(held_out, scale=1)
    return samples, [degrade_clip(clip, recipe, scale=scale) for clip in clips]


def degrade_clip(ground: Pair, recipe: Recipe, *, scale: int) -> Pair:
    """Make the input of a whole clip, by the recipe's seed and the clip's name.

    The ground truth is cropped to multiples of four times the scale: video encoders and the
    scenarios of a quarter want even sides.
    """
    unit = 4 * scale
    _, h, w, _ = ground.high.shape
    high = np.ascontiguousarray(ground.high[:, : h - h % unit, : w - w % unit])
    seed = (recipe.schedule.seed, zlib.crc32(ground.name.encode()))
    random = np.random.default_rng(seed)
    low = make_low(high, degradations(recipe), scale=scale, random=random)
    return Pair(name=ground.name, high=high, low=low)


def degradations(recipe: Recipe) -> tuple[Step, ...]:
    """Give the degradations of a recipe; MATLAB's bicubic where it lists none."""
    return recipe.degradations or (Step(kind="bicubic", degrade=Bicubic()),)


def sharpened(high: Pixels, recipe: Recipe) -> Pixels:
    """Sharpen a clip (t, h, w, 3) if the recipe says so."""
    if recipe.sharpen is None:
        return high
    return to_pixels(recipe.sharpen(to_float(high), np.random.default_rng(0)))
