"""Measuring a model on clips, with ground truth or without, beside bicubic on the same clips."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack
from itertools import islice
from pathlib import Path

from vsfilter.engine.model_pool import ModelPool
from vsfilter.engine.restorer import Restorer
from vsfilter.engine.settings import Settings
from vsfilter.engine.stream import Picture, restore_clip
from vsfilter.errors import OptionError
from vsfilter.evaluation.clip_list import ListedClip
from vsfilter.evaluation.clip_measure import ClipMeasure, Score
from vsfilter.evaluation.evaluated_clips import (
    Pixels,
    crop_to_multiple,
    degrade,
    read_coded,
    read_pixels,
    to_pixels,
)
from vsfilter.evaluation.protocol import Protocol
from vsfilter.evaluation.real_measure import RealMeasure, RealScore
from vsfilter.readers.open_clip import open_clip
from vsfilter.resize import imresize
from vsfilter.rgb_converter import FrameToRgb


def evaluate_clip(
    clip: ListedClip,
    settings: Settings,
    *,
    low: Path | None = None,
    protocol: Protocol | None = None,
    models: ModelPool | None = None,
) -> Score:
    """Restore a small version of a clip; compare with the clip, frame by frame.

    Args:
        clip: The ground truth.
        settings: Model and windows.
        low: The small version; None makes it.
        protocol: How it is made small and measured; by default as for Vid4.
        models: Where the model of several clips is kept; None loads it for this one.

    Raises:
        SourceError: A clip cannot be read.
        OptionError: The sizes of the two clips do not fit the model's scale, or a measure cannot
            be taken.
    """
    protocol, models = protocol or Protocol(), models or ModelPool()
    with ExitStack() as stack:
        reader = stack.enter_context(open_clip(str(clip.path)))
        scale = models.get(settings).loaded.model.scale
        _refuse_another_scale(settings, scale)
        degradation = protocol.degradation or ("coded" if scale == 1 else "bi")
        lows = read_pixels(low) if low else None
        if lows is None and degradation == "coded":
            lows = read_coded(clip.path, scale=scale, frames=protocol.frames)
        frames = islice(reader, protocol.frames)
        pictures = degrade(reader.info, frames, lows, scale=scale, degradation=degradation)
        # windows are settled for what the model is given: the truth cropped and made small
        width, height = (max(1, side // scale) for side in (reader.info.width, reader.info.height))
        restorer = stack.enter_context(Restorer(settings, width=width, height=height, pool=models))
        to_rgb = FrameToRgb(reader.info)
        measure = stack.enter_context(ClipMeasure(crop=protocol.crop, measures=protocol.measures))
        for small, picture in _restore(pictures, restorer):
            target = crop_to_multiple(to_pixels(to_rgb.convert(picture.frame)), scale)
            measure.add(to_pixels(picture.rgb), target, imresize(small, scale))
        return measure.score(clip.name, is_centre=protocol.is_centre)


def evaluate_real(
    clip: ListedClip,
    settings: Settings,
    *,
    frames: int | None = None,
    models: ModelPool | None = None,
) -> RealScore:
    """Restore a clip that has no true one beside it; measure it without.

    Args:
        clip: The clip.
        settings: Model and windows.
        frames: How many frames count, from the beginning; None for all.
        models: As for `evaluate_clip`.

    Raises:
        SourceError: The clip cannot be read.
        OptionError: It is too small, a package is missing, or the model has another scale.
    """
    measure = RealMeasure()
    with ExitStack() as stack:
        reader = stack.enter_context(open_clip(str(clip.path)))
        width, height = reader.info.width, reader.info.height
        restorer = stack.enter_context(Restorer(settings, width=width, height=height, pool=models))
        _refuse_another_scale(settings, restorer.scale)
        to_rgb = FrameToRgb(reader.info)
        wanted = islice(reader, frames)
        pictures = (Picture(frame=frame, rgb=to_rgb.convert(frame)) for frame in wanted)
        for small, picture in _restore(pictures, restorer):
            measure.add(to_pixels(picture.rgb), imresize(small, restorer.scale))
    return measure.score(clip.name)


def _refuse_another_scale(settings: Settings, scale: int) -> None:
    """Refuse to measure a model at a scale that its weights do not have."""
    if settings.scale not in (None, scale):
        raise OptionError(
            f"scale is {settings.scale}, but the model with these weights enlarges by {scale}: "
            "leave --scale out or give other weights"
        )


def _restore(pictures: Iterator[Picture], restorer: Restorer) -> Iterator[tuple[Pixels, Picture]]:
    """Restore the clip; give each restored picture with the small one that it came from."""
    smalls: list[Pixels] = []

    def remember() -> Iterator[Picture]:
        for picture in pictures:
            smalls.append(to_pixels(picture.rgb))
            yield picture

    for picture in restore_clip(remember(), restorer):
        yield smalls.pop(0), picture
