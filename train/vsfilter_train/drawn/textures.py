"""Opaque sheets of regular and irregular texture: what aliases, and what a network smears."""

from __future__ import annotations

from collections.abc import Callable

import cv2
import numpy as np
from numpy.typing import NDArray

from .sheet import Sheet, any_colour, apart_from

type _Pattern = Callable[[np.random.Generator, int, int], NDArray[np.float64]]
"""Gives (h, w) in [0, 1], for a width and a height in px."""


def any_texture(rng: np.random.Generator, width: int, height: int) -> Sheet:
    """Draw a texture of two colours, at times with a third one over it in blotches."""
    patterns: tuple[_Pattern, ...] = (_grating, _checks, _bricks, _weave, _noise, _dots, _strokes)
    pattern = patterns[int(rng.integers(len(patterns)))](rng, width, height)
    first = any_colour(rng)
    second = apart_from(first, rng)
    picture = _mix(first, second, pattern * rng.uniform(0.3, 1))
    if rng.random() < 0.5:  # light falls on it unevenly
        light = 1 - 0.5 * _noise(rng, width, height, coarsest=2)
        picture = picture * light[..., None]
    alpha = np.full((height, width, 1), 255, dtype=np.uint8)
    return np.concatenate([picture.round().astype(np.uint8), alpha], axis=2)


def _mix(
    first: tuple[int, int, int], second: tuple[int, int, int], share: NDArray[np.float64]
) -> NDArray[np.float64]:
    low, high = np.asarray(first, dtype=np.float64), np.asarray(second, dtype=np.float64)
    mixed: NDArray[np.float64] = low + (high - low) * share[..., None]
    return mixed


def _axes(
    rng: np.random.Generator, width: int, height: int
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Give coordinates that are turned by chance, in px."""
    angle = rng.uniform(0, np.pi)
    y, x = np.mgrid[0:height, 0:width].astype(np.float64)
    along = np.cos(angle) * x + np.sin(angle) * y
    return along, np.cos(angle) * y - np.sin(angle) * x


def _period_px(rng: np.random.Generator) -> float:
    """Draw a period: most are near what the small picture can just hold, or cannot."""
    return float(np.exp(rng.uniform(np.log(5), np.log(60))))


def _edge(wave: NDArray[np.float64], softness: float) -> NDArray[np.float64]:
    """Turn a wave in [-1, 1] into stripes in [0, 1] with edges of a softness."""
    return np.clip(wave / (2 * softness) + 0.5, 0, 1)


def _grating(rng: np.random.Generator, width: int, height: int) -> NDArray[np.float64]:
    along, _ = _axes(rng, width, height)
    period = _period_px(rng)
    return _edge(np.sin(2 * np.pi * along / period), max(3 / period, rng.uniform(0, 1)))


def _checks(rng: np.random.Generator, width: int, height: int) -> NDArray[np.float64]:
    along, across = _axes(rng, width, height)
    period = 2 * _period_px(rng)
    wave = np.sin(2 * np.pi * along / period) * np.sin(2 * np.pi * across / period)
    return _edge(wave, 4 / period)


def _bricks(rng: np.random.Generator, width: int, height: int) -> NDArray[np.float64]:
    along, across = _axes(rng, width, height)
    long_px = max(14.0, 2 * _period_px(rng))
    high_px, joint_px = long_px / rng.uniform(1.5, 3), rng.uniform(1.5, 4)
    row = np.floor(across / high_px)
    column = along + (row % 2) * long_px / 2
    to_side = np.minimum(column % long_px, -column % long_px)
    to_row = np.minimum(across % high_px, -across % high_px)
    number = np.floor(column / long_px) * 12.9898 + row * 78.233
    shade = 0.25 * np.abs(np.sin(number) * 43758.5 % 1)
    return (0.75 + shade) * np.clip(np.minimum(to_side, to_row) - joint_px / 2 + 0.5, 0, 1)


def _weave(rng: np.random.Generator, width: int, height: int) -> NDArray[np.float64]:
    along, across = _axes(rng, width, height)
    period = _period_px(rng)
    warp = 0.5 + 0.5 * np.cos(2 * np.pi * along / period)
    weft = 0.5 + 0.5 * np.cos(2 * np.pi * across / period)
    over = (np.floor(along / period) + np.floor(across / period)) % 2
    return np.where(over > 0, warp, 0.8 * weft)


def _noise(
    rng: np.random.Generator, width: int, height: int, *, coarsest: int = 8
) -> NDArray[np.float64]:
    """Add up noise of ever smaller grains, as in clouds, bark and gravel."""
    total = np.zeros((height, width))
    fading = rng.uniform(0.45, 0.9)
    cells, strength = coarsest, 1.0
    while cells < min(width, height):
        grain = rng.normal(size=(cells, max(1, cells * width // height)))
        total += strength * cv2.resize(grain, (width, height), interpolation=cv2.INTER_CUBIC)
        cells, strength = 2 * cells, strength * fading
    low, high = np.percentile(total, (1, 99))
    return np.asarray(np.clip((total - low) / (high - low), 0, 1))


def _dots(rng: np.random.Generator, width: int, height: int) -> NDArray[np.float64]:
    along, across = _axes(rng, width, height)
    period = _period_px(rng)
    wave = np.cos(2 * np.pi * along / period) + np.cos(2 * np.pi * across / period)
    return _edge(wave / 2 - rng.uniform(-0.4, 0.4), 4 / period)


def _strokes(rng: np.random.Generator, width: int, height: int) -> NDArray[np.float64]:
    """Draw many short strokes about one direction: grass, fur, hatching."""
    picture = np.zeros((height, width), dtype=np.uint8)
    direction, spread = rng.uniform(0, np.pi), rng.uniform(0.02, 0.5)
    length_px, thickness = rng.uniform(8, 80), int(rng.integers(1, 4))
    count = min(6000, int(width * height * rng.uniform(0.5, 2) / (length_px * thickness * 2)))
    starts = rng.uniform((0, 0), (width, height), (count, 2))
    angles = rng.normal(direction, spread, count)
    ends = starts + length_px * np.stack([np.cos(angles), np.sin(angles)], axis=1)
    levels = rng.integers(60, 256, count)
    for start, end, level in zip(starts.astype(int), ends.astype(int), levels, strict=True):
        cv2.line(picture, start.tolist(), end.tolist(), int(level), thickness, cv2.LINE_AA)
    return picture / 255
