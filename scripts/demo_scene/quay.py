"""The quay and what stands on it."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from demo_scene.canvas import RGB, Box, Canvas, corners, tint, vary
from demo_scene.house import GROUND, WHITE

WATERLINE = 556.0
"""Where the quay meets the water: y."""


def draw_quay(town: Canvas, rng: np.random.Generator) -> None:
    """Draw the pavement, the stones above the water, lamps, railing and the ferry's timetable."""
    left, width = town.box.x, town.box.w
    town.rectangle(Box(left, GROUND, width, 10), (204, 188, 164))
    for x in np.arange(left, left + width, 16):
        town.line([(x, GROUND), (x - 5, GROUND + 10)], 1, (172, 154, 132))
    town.rectangle(Box(left, GROUND + 9, width, 7), (228, 214, 190))
    for row, y in enumerate((GROUND + 16, GROUND + 28.5)):
        town.rectangle(Box(left, y, width, 12.5), (112, 98, 88))
        for x in np.arange(left - 30 + 17 * row, left + width, 34):
            town.rectangle(Box(x, y, 32.4, 11), vary((160, 142, 122), 0.1, rng))
    town.shade(corners(Box(left, GROUND + 16, width, 5)), 0.45, 2)
    town.shade(corners(Box(left, WATERLINE - 7, width, 8)), 0.4, 2)
    for x in np.arange(left + 8, left + width, 14):
        town.line([(x, GROUND - 18), (x, GROUND + 10)], 1.6, (52, 60, 66))
    for y in (GROUND - 18, GROUND - 8):
        town.line([(left, y), (left + width, y)], 2.2, (52, 60, 66))
    for x in (36, 402, 706, 1010, 1330):
        _draw_lamp(town, x)
    _draw_timetable(town)


def _draw_lamp(town: Canvas, x: float) -> None:
    iron = (44, 50, 56)
    town.line([(x, GROUND + 10), (x, GROUND - 108)], 4, iron)
    town.line([(x - 12, GROUND - 92), (x + 12, GROUND - 92)], 2, iron)
    lamp = [(x - 6, GROUND - 108), (x - 10, GROUND - 130), (x + 10, GROUND - 130)]
    town.polygon([*lamp, (x + 6, GROUND - 108)], (255, 236, 184))
    town.line([*lamp, (x + 6, GROUND - 108), lamp[0]], 1.6, iron)
    town.line([(x, GROUND - 108), (x, GROUND - 130)], 1, iron)
    town.polygon([(x - 13, GROUND - 129), (x, GROUND - 142), (x + 13, GROUND - 129)], iron)


def _draw_timetable(town: Canvas) -> None:
    board = Box(1158, 408, 138, 84)
    for x in (1168, 1286):
        town.line([(x, 408), (x, GROUND + 10)], 5, (84, 66, 52))
    town.shade(corners(board._replace(x=1164, y=414)), 0.4, 4)
    town.rectangle(board, (30, 66, 96))
    inset = board._replace(x=board.x + 3, y=board.y + 3, w=board.w - 6, h=board.h - 6)
    town.line([*corners(inset), corners(inset)[0]], 1.4, WHITE)
    town.text("FERRY TIMES", (1227, 421), 11.5, (250, 220, 120))
    ferries = (("Island", "9:15"), ("Lighthouse", "10:40"), ("Old Mill", "12:05"))
    for row, (place, time) in enumerate(ferries):
        y = 442 + 18 * row
        town.text(place, (1201, y), 9.5, WHITE)
        town.text(time, (1268, y), 9.5, (250, 220, 120))


def draw_tree(
    town: Canvas, foot: tuple[float, float], height: float, rng: np.random.Generator
) -> None:
    """Draw a tree with a crown of single leaves, lit from the upper left."""
    x, y = foot
    crown = np.asarray([x, y - height * 0.66])
    radii = np.asarray([height * 0.36, height * 0.38])
    bark = (92, 70, 54)
    town.polygon([(x - 6, y), (x - 3, y - height / 2), (x + 3, y - height / 2), (x + 6, y)], bark)
    for tip in ((-0.2, -0.62), (0.2, -0.6), (0, -0.75)):
        town.line([(x, y - height * 0.35), (x + tip[0] * height, y + tip[1] * height)], 4, bark)
    for depth in np.linspace(0, 1, 60):
        for _ in range(round(height * 0.22)):
            angle, radius = rng.uniform(0, 2 * np.pi), np.sqrt(rng.uniform(0, 1))
            lobe = 1 + 0.13 * np.sin(5 * angle + x) + 0.08 * np.sin(9 * angle)
            place = np.asarray([np.cos(angle), np.sin(angle)]) * radius * lobe * (1 - 0.35 * depth)
            place = place - 0.22 * depth
            light = 0.5 + 0.55 * depth + 0.16 * rng.uniform(-1, 1) - 0.18 * place[1]
            _draw_leaf(town, crown + place * radii, tint((104, 142, 58), light), rng)


def _draw_leaf(
    town: Canvas, place: NDArray[np.float64], colour: RGB, rng: np.random.Generator
) -> None:
    angle, length = rng.uniform(0, np.pi), rng.uniform(3.2, 5.6)
    along = np.asarray([np.cos(angle), np.sin(angle)]) * length
    across = np.asarray([-along[1], along[0]]) * 0.42
    town.polygon(np.stack([place - along, place + across, place + along, place - across]), colour)
