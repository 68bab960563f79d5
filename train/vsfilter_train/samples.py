"""Training samples cut from video files, held in memory."""

import logging
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from vsfilter.errors import OptionError, SourceError
from vsfilter.resize import imresize

from . import processes
from .clips import list_clips, read_clip
from .settings import DataSettings

type Patches = tuple[NDArray[np.uint8], NDArray[np.uint8]]
"""A small patch (t, h, w, 3) and the large one, RGB."""

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True, kw_only=True)
class Pair:
    """A clip and its small version.

    Attributes:
        name: Name of the file.
        high: (t, scale * h, scale * w, 3), uint8, RGB: the ground truth.
        low: (t, h, w, 3), uint8, RGB: MATLAB's bicubic of it; the same array for scale 1.
    """

    name: str
    high: NDArray[np.uint8]
    low: NDArray[np.uint8]


@dataclass(frozen=True, slots=True, kw_only=True)
class Batch:
    """What one training step sees.

    Attributes:
        low: (b, t, 3, h, w), float32, RGB in [0, 1].
        high: (b, t, 3, scale * h, scale * w), float32, RGB in [0, 1].
        total: Samples of the step in all processes; b of them are here, maybe none.
    """

    low: Tensor
    high: Tensor
    total: int


def make_pair(name: str, clip: NDArray[np.uint8], *, scale: int) -> Pair:
    """Crop a clip to a multiple of the scale; make its small version frame by frame."""
    _, h, w, _ = clip.shape
    high = np.ascontiguousarray(clip[:, : h - h % scale, : w - w % scale])
    low = high if scale == 1 else np.stack([imresize(frame, 1 / scale) for frame in high])
    return Pair(name=name, high=high, low=low)


def read_pairs(
    paths: Sequence[Path], *, scale: int, shrink: Sequence[float] = (1.0,), min_side: int = 0
) -> list[Pair]:
    """Read clips, each at several sizes; a clip that cannot be read is reported and left out.

    Args:
        paths: Video files.
        scale: Size of the ground truth over that of the input.
        shrink: Sizes at which the ground truth is used; a shrunken clip is sharp and clean.
        min_side: Clips whose input would be smaller than this are left out, in px.
    """

    def read(path: Path) -> list[Pair]:
        try:
            clip = read_clip(path)
        except SourceError as error:
            log.warning("left out: %s", error)
            return []
        pairs = []
        for factor in shrink:
            sized = [f if factor == 1 else imresize(f, factor) for f in clip]
            if min(sized[0].shape[:2]) // scale >= min_side:
                pairs.append(make_pair(path.name, np.stack(sized), scale=scale))
        return pairs

    with ThreadPoolExecutor() as pool:
        return [pair for pairs in pool.map(read, paths) for pair in pairs]


class Samples:
    """Random batches; batch `step` is a pure function of the seed and the step.

    Args:
        pairs: Clips with at least `frames` frames are used.
        size: Side of the input patches, in px.
        frames: Frames of a sample.
        batch: Samples a batch.
        seed: Any whole number.
    """

    def __init__(
        self, pairs: Sequence[Pair], *, size: int, frames: int, batch: int, seed: int
    ) -> None:
        self.pairs = [
            pair for pair in pairs if len(pair.low) >= frames and min(pair.low.shape[1:3]) >= size
        ]
        if not self.pairs:
            raise OptionError(f"no clip has {frames} frames of {size}x{size} px")
        self.size, self.frames, self.batch, self.seed = size, frames, batch, seed
        mass = np.array([pair.low.size for pair in self.pairs], dtype=np.float64)
        self._share = mass / mass.sum()

    def __getitem__(self, step: int) -> Batch:
        """Cut what this process has of the batch of one step."""
        return make_batch([pair for _, pair in self.cut(step)], total=self.batch)

    def cut(self, step: int) -> list[tuple[int, Patches]]:
        """Cut this process's samples of one step, each with its place in the batch."""
        random = np.random.default_rng((self.seed, step))
        chosen = random.choice(len(self.pairs), self.batch, p=self._share)
        samples = [self._cut(self.pairs[index], random) for index in chosen]
        return [(number, samples[number]) for number in processes.own(self.batch)]

    @property
    def names(self) -> list[str]:
        """The files that samples are cut from, sorted."""
        return sorted({pair.name for pair in self.pairs})

    def _cut(self, pair: Pair, random: np.random.Generator) -> Patches:
        t, h, w, _ = pair.low.shape
        scale = pair.high.shape[1] // h
        start = int(random.integers(t - self.frames + 1))
        y, x = int(random.integers(h - self.size + 1)), int(random.integers(w - self.size + 1))
        low = pair.low[start : start + self.frames, y : y + self.size, x : x + self.size]
        y, x, side = scale * y, scale * x, scale * self.size
        high = pair.high[start : start + self.frames, y : y + side, x : x + side]
        if random.random() < 0.5:
            low, high = low[::-1], high[::-1]  # time
        if random.random() < 0.5:
            low, high = low[:, :, ::-1], high[:, :, ::-1]
        turns = int(random.integers(4))
        return np.rot90(low, turns, (1, 2)), np.rot90(high, turns, (1, 2))


def make_batch(samples: Sequence[Patches], *, total: int) -> Batch:
    """Make a batch of samples, maybe of none, out of `total` in all processes."""
    if not samples:
        return Batch(low=torch.empty(0), high=torch.empty(0), total=total)
    low, high = (np.stack(part) for part in zip(*samples, strict=True))
    return Batch(low=to_tensor(low), high=to_tensor(high), total=total)


def to_tensor(clips: NDArray[np.uint8]) -> Tensor:
    """Turn (b, t, h, w, 3) uint8 into (b, t, 3, h, w) float32 in [0, 1]."""
    return torch.from_numpy(np.ascontiguousarray(clips.transpose(0, 1, 4, 2, 3))).float() / 255


def load_data(settings: DataSettings, *, scale: int, seed: int) -> tuple[Samples, list[Pair]]:
    """Read the clips of a recipe: random batches to learn from, whole clips for validation.

    Raises:
        SourceError: There are no clips.
        OptionError: A validation clip is missing, or no clip is large and long enough.
    """
    learned, held_out = choose_clips(settings)
    pairs = read_pairs(learned, scale=scale, shrink=settings.shrink, min_side=settings.patch)
    samples = Samples(
        pairs,
        size=settings.patch,
        frames=settings.frames,
        batch=settings.batch,
        seed=seed,
    )
    return samples, read_pairs(held_out, scale=scale)


def choose_clips(settings: DataSettings) -> tuple[list[Path], list[Path]]:
    """List the files of a recipe: those to learn from, and those kept for validation.

    Raises:
        SourceError: There are no clips.
        OptionError: A validation clip is missing.
    """
    folder = Path(settings.folder)
    paths = list_clips(folder, leave_out_licences=settings.leave_out_licences)
    missing = sorted(set(settings.validation) - {path.name for path in paths})
    if missing:
        raise OptionError(f"validation clip '{folder / missing[0]}' does not exist or is barred")
    log.info("reading %d clips", len(paths))
    learned = [path for path in paths if path.name not in settings.validation]
    held_out = [path for path in paths if path.name in settings.validation]
    return learned, held_out
