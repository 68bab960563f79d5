"""Sky, hills and water."""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

from demo_scene.canvas import Box, Canvas

_SKY = [
    (0.0, (84, 138, 196)),
    (0.4, (146, 188, 218)),
    (0.72, (236, 220, 196)),
    (1, (250, 206, 158)),
]


def draw_sky(box: Box, density: int, horizon: float) -> Canvas:
    """Draw the sky with its clouds, and the hills before it down to the horizon (y)."""
    sky = Canvas(box, density)
    height, width = sky.pixels.shape[:2]
    rows = np.clip(np.arange(height) / (horizon * density), 0, 1)
    stops = [stop for stop, _ in _SKY]
    for channel in range(3):
        column = np.interp(rows, stops, [colour[channel] for _, colour in _SKY])
        sky.pixels[..., channel] = column[:, None].round().astype(np.uint8)
    sky.pixels[..., 3] = 255
    _draw_clouds(sky, width, height)
    ridges = ((0.0, 392, (170, 182, 190)), (1.7, 424, (140, 162, 158)), (3.1, 456, (112, 142, 118)))
    for phase, level, colour in ridges:
        x = np.linspace(box.x, box.x + box.w, 200)
        y = level + 26 * np.sin(x / 170 + phase) + 11 * np.sin(x / 61 + 2 * phase)
        y += 2.2 * np.sin(x / 9 + phase) * np.sin(x / 23)
        foot = [(box.x + box.w, box.y + box.h), (box.x, box.y + box.h)]
        sky.polygon(np.concatenate([np.stack([x, y], axis=1), np.asarray(foot)]), colour)
    return sky


def _draw_clouds(sky: Canvas, width: int, height: int) -> None:
    rng = np.random.default_rng(11)
    cover = np.zeros((height, width), dtype=np.float32)
    for cells, weight in ((5, 1.0), (11, 0.5), (23, 0.28), (47, 0.15)):
        noise = rng.random((cells, round(cells * 0.8))).astype(np.float32)
        cover += weight * cv2.resize(noise, (width, height), interpolation=cv2.INTER_CUBIC)
    cover = np.clip((cover / 1.93 - 0.5) * 4.2, 0, 1) * np.linspace(0.9, 0.35, height)[:, None]
    light = np.asarray([255, 247, 236], dtype=np.float32)
    mixed = sky.pixels[..., :3] + (light - sky.pixels[..., :3]) * cover[..., None] * 0.8
    sky.pixels[..., :3] = mixed.round().astype(np.uint8)


_WAVES = (
    (0.034, 0.31, 1.7), (-0.047, 0.52, 2.3), (0.071, 0.83, 3.0), (-0.096, 1.07, 3.6),
    (0.135, 1.31, 4.3), (-0.021, 0.68, 2.7),
)  # fmt: skip
"""Waves along x and towards the viewer (radians in a unit), with their speeds (radians in a s)."""


class Water:
    """The water's surface: a mirror that ripples.

    Args:
        size: (rows, columns) of the surface, in samples.
        density: Samples in one scene unit.
    """

    def __init__(self, size: tuple[int, int], density: int) -> None:
        rows, columns = size
        self._density = density
        self._v = (np.arange(rows, dtype=np.float32)[:, None] + 0.5) / density
        self._x = (np.arange(columns, dtype=np.float32)[None, :] + 0.5) / density

    def ripple(
        self, mirrored: NDArray[np.uint8], time_s: float, camera_x: float
    ) -> NDArray[np.uint8]:
        """Ripple a mirrored picture and colour it like water.

        Args:
            mirrored: (rows, columns, 3), RGB: what a smooth mirror would show.
            time_s: Time of the frame.
            camera_x: Left edge of the frame in the scene.
        """
        depth = 46 * np.log1p(self._v / 24)  # far ripples look closer together
        x = (self._x + camera_x) / (1 + self._v / 150)
        slope = np.zeros((self._v.shape[0], self._x.shape[1]), dtype=np.float32)
        for along, across, speed in _WAVES:
            slope += np.sin(x * along + depth * across - speed * time_s + 90 * along) / 3
        shift_y = (1 + self._v * 0.04) * slope
        shift_x = (0.5 + self._v * 0.02) * np.roll(slope, 9 * self._density, axis=1)
        map_x = (self._x + shift_x) * self._density - 0.5
        map_y = (self._v + shift_y) * self._density - 0.5
        seen = cv2.remap(
            mirrored, map_x, map_y, cv2.INTER_LINEAR, borderMode=cv2.BORDER_REFLECT
        ).astype(np.float32)
        near = np.clip(self._v / self._v[-1], 0, 1)[..., None]
        deep = np.asarray([44, 92, 118], dtype=np.float32)
        mirror = 0.72 - 0.3 * near + 0.16 * slope[..., None]
        glint = np.clip((slope - 0.75) * 2.2, 0, 1)[..., None] * (0.2 + 0.35 * near)
        mixed = deep + (seen * 0.94 - deep) * mirror
        mixed += (np.asarray([255, 240, 214], dtype=np.float32) - mixed) * glint
        return np.asarray(np.clip(mixed, 0, 255).round(), dtype=np.uint8)
