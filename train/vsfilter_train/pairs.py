"""Clips with their small versions, held in memory."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from typing import Protocol

import numpy as np

from vsfilter.errors import SourceError
from vsfilter.resize import imresize

from .clip import Clip, ClipSize, Pixels
from .paired_clip import PairedClip

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True, kw_only=True)
class Patches:
    """A sample.

    Attributes:
        low: (t, h, w, 3), uint8, RGB.
        high: (t, scale * h, scale * w, 3), uint8, RGB.
        truth: The ground truth before it was sharpened, as `high`; None where that is not needed.
    """

    low: Pixels
    high: Pixels
    truth: Pixels | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """Where a sample lies in a pair.

    Attributes:
        start: Its first frame, from 0.
        frames: Number of frames.
        x: First column of its input, in px.
        y: First row of its input, in px.
        side: Side of its input, in px.
    """

    start: int
    frames: int
    x: int
    y: int
    side: int

    def of_high(self, clip: Pixels, scale: int) -> Pixels:
        """Cut its part out of the frames of a large version."""
        y, x, side = scale * self.y, scale * self.x, scale * self.side
        return clip[:, y : y + side, x : x + side]


class Pair(Protocol):
    """A clip and its small version."""

    @property
    def name(self) -> str:
        """Name of the clip."""

    @property
    def low_size(self) -> ClipSize:
        """Size of the small version."""

    @property
    def sources(self) -> tuple[Clip, ...]:
        """The clip, and its small version where that is given."""

    def cut(self, place: Place) -> Patches:
        """Cut a sample.

        Raises:
            SourceError: It cannot be read.
        """


@dataclass(frozen=True, slots=True, kw_only=True)
class HeldPair:
    """A pair in memory.

    Attributes:
        name: Name of the clip.
        high: (t, scale * h, scale * w, 3), uint8, RGB: the ground truth.
        low: (t, h, w, 3), uint8, RGB: MATLAB's bicubic of it; the same array for scale 1.
        sources: See `Pair`.
    """

    name: str
    high: Pixels
    low: Pixels
    sources: tuple[Clip, ...] = ()

    def cropped(self, multiple: int) -> HeldPair:
        """Cut off the last rows and columns, until the sides of the input are such multiples.

        Raises:
            SourceError: Nothing would be left.
        """
        _, h, w, _ = self.low.shape
        scale = self.high.shape[1] // h
        if min(h, w) < multiple:
            raise SourceError(
                f"the input of '{self.name}' is {w}x{h} px: at least {multiple}x{multiple} px are "
                "needed to measure the network"
            )
        h, w = h - h % multiple, w - w % multiple
        return replace(self, low=self.low[:, :h, :w], high=self.high[:, : scale * h, : scale * w])

    @property
    def low_size(self) -> ClipSize:
        """See `Pair`."""
        frames, height, width, _ = self.low.shape
        return ClipSize(frames=frames, height=height, width=width)

    def cut(self, place: Place) -> Patches:
        """See `Pair`."""
        scale = self.high.shape[1] // self.low.shape[1]
        frames = slice(place.start, place.start + place.frames)
        return Patches(
            low=place.of_high(self.low[frames], 1), high=place.of_high(self.high[frames], scale)
        )


def make_pair(name: str, clip: Pixels, *, scale: int, low: Pixels | None = None) -> HeldPair:
    """Crop a clip to a multiple of the scale; make its small version where none is given.

    Raises:
        SourceError: The given one has another size or length, or the clip is too small.
    """
    _, h, w, _ = clip.shape
    if min(h, w) < scale:
        raise SourceError(f"'{name}' is {w}x{h} px: at least {scale}x{scale} px are needed")
    high = np.ascontiguousarray(clip[:, : h - h % scale, : w - w % scale])
    if low is None:
        low = high if scale == 1 else np.stack([imresize(frame, 1 / scale) for frame in high])
    else:
        _, low_h, low_w, _ = low.shape
        given = ClipSize(frames=len(low), height=low_h, width=low_w)
        wanted = ClipSize(frames=len(high), height=h // scale, width=w // scale)
        refuse_other_size(name, given, wanted)
    return HeldPair(name=name, high=high, low=low)


def refuse_other_size(name: str, given: ClipSize, wanted: ClipSize) -> None:
    """Refuse a given small version that is not of its clip.

    Raises:
        SourceError: It has another size or length.
    """
    if given != wanted:
        raise SourceError(
            f"the small version of '{name}' is {given.width}x{given.height} px with "
            f"{given.frames} frames: {wanted.width}x{wanted.height} px and {wanted.frames} frames "
            "are needed"
        )


def read_pairs(
    clips: Sequence[PairedClip],
    *,
    scale: int,
    shrink: Sequence[float] = (1.0,),
    most_frames: int | None = None,
) -> list[HeldPair]:
    """Read clips, each at several sizes; a clip that cannot be read is reported and left out.

    Args:
        clips: What is read; small versions that are not given are made.
        scale: Size of the ground truth over that of the input.
        shrink: Sizes at which the ground truth is used; a shrunken clip is sharp and clean.
        most_frames: Frames that are read of a clip; None reads all.
    """

    def read(clip: PairedClip) -> list[HeldPair]:
        try:
            frames = clip.high.read(0, most_frames)
            low = None if clip.low is None else clip.low.read(0, most_frames)
            pairs = []
            for factor in shrink:
                sized = [f if factor == 1 else imresize(f, factor) for f in frames]
                pair = make_pair(clip.name, np.stack(sized), scale=scale, low=low)
                pairs.append(replace(pair, sources=clip.versions))
        except SourceError as error:
            log.warning("left out: %s", error)
            return []
        return pairs

    with ThreadPoolExecutor() as pool:
        return [pair for pairs in pool.map(read, clips) for pair in pairs]
