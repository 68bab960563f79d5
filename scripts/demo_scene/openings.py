"""The openings of a house front: windows, doors, shops."""

from __future__ import annotations

from itertools import pairwise

import numpy as np

from demo_scene.canvas import Box, Canvas, corners, tint, vary
from demo_scene.house import GROUND, SHOP, WHITE, House

_CURTAIN = ((0.42, 0.0), (0.36, 0.25), (0.2, 0.55), (0.14, 0.62), (0.2, 0.75), (0.24, 1.0))


def draw_windows(town: Canvas, house: House, rng: np.random.Generator) -> None:
    """Draw the windows of the upper floors."""
    pitch = house.width / house.columns
    top, bottom = house.eave + 16, GROUND - SHOP - 22
    floors = max(1, round((bottom - top) / 58))
    step = (bottom - top) / floors
    for floor in range(floors):
        for column in range(house.columns):
            w, h = min(34.0, pitch * 0.5), step - 20
            x = house.x + pitch * (column + 0.5) - w / 2
            _draw_window(town, Box(x, top + step * floor + 4, w, h), house, rng)


def _draw_window(town: Canvas, box: Box, house: House, rng: np.random.Generator) -> None:
    x, y, w, h = box
    if house.wall in ("plaster", "boards"):
        for side in (x - w * 0.36 - 3, x + w + 3):
            shutter = Box(side, y, w * 0.36, h)
            town.rectangle(shutter, tint(house.accent, 0.85))
            for slat in np.arange(y + 3, y + h - 2, 4):
                ends = [(side + 2, slat), (side + w * 0.36 - 2, slat)]
                town.line(ends, 1, tint(house.accent, 0.6))
    town.rectangle(Box(x - 3, y - 4, w + 6, h + 8), WHITE)
    glass = Box(x, y, w, h)
    town.rectangle(glass, (62, 82, 106))
    town.polygon([(x, y), (x + w, y), (x, y + h * 0.75)], (116, 146, 172))
    if rng.random() < 0.45:  # curtains
        for edge, side in ((x, 1), (x + w, -1)):
            folds = [(edge + side * w * part, y + h * drop) for part, drop in _CURTAIN]
            town.polygon([(edge, y), *folds, (edge, y + h)], (232, 208, 176))
    town.shade(corners(Box(x, y, w, 4)), 0.4, 1.5)
    town.line([(x + w / 2, y), (x + w / 2, y + h)], 2.2, WHITE)
    for part in (1, 2):
        town.line([(x, y + h * part / 3), (x + w, y + h * part / 3)], 1.6, WHITE)
    town.rectangle(Box(x - 6, y + h + 3, w + 12, 4), (226, 214, 196))
    town.shade(corners(Box(x - 5, y + h + 7, w + 10, 4)), 0.4, 1.5)
    if rng.random() < 0.5:
        _draw_flowers(town, Box(x - 3, y + h - 5, w + 6, 9), rng)


def _draw_flowers(town: Canvas, box: Box, rng: np.random.Generator) -> None:
    colours = [(226, 70, 84), (246, 150, 170), (250, 214, 92), (78, 132, 62), (58, 108, 52)]
    town.rectangle(box._replace(y=box.y + 4, h=box.h - 3), (120, 76, 52))
    for _ in range(round(box.w * 1.4)):
        spot = (rng.uniform(box.x, box.x + box.w), box.y + rng.uniform(-2, 6))
        radius = rng.uniform(1.2, 2.4)
        town.ellipse(spot, (radius, radius), colours[rng.integers(len(colours))])


def draw_shop(town: Canvas, house: House, rng: np.random.Generator) -> None:
    """Draw the shop of the ground floor: sign, awning, goods, door."""
    x, w, top = house.x + 8, house.width - 16, GROUND - SHOP
    board = Box(x, top - 14, w, 25)
    town.rectangle(Box(x, top, w, SHOP), tint(house.accent, 0.62))
    town.rectangle(board, tint(house.accent, 0.45))
    town.line([*corners(board), corners(board)[0]], 1.5, (228, 190, 110))
    town.text(house.sign, (x + w / 2, board.y + 12.5), min(14, w / len(house.sign) * 1.02), WHITE)
    door = Box(x + w - 42, top + 20, 34, SHOP - 20)
    pane = Box(x + 8, top + 18, w - 60, SHOP - 32)
    town.rectangle(pane, (52, 60, 72))
    town.polygon(
        [(pane.x, pane.y), (pane.x + pane.w * 0.6, pane.y), (pane.x, pane.y + 38)], (112, 130, 146)
    )
    for item in np.arange(pane.x + 5, pane.x + pane.w - 6, 9):  # goods on a shelf
        size = rng.uniform(5, 14)
        hue = vary((206, 150, 96), 0.35, rng)
        town.rectangle(Box(item, pane.y + pane.h - size, 6.5, size), hue)
    for part in np.linspace(0, 1, 4):
        at = pane.x + pane.w * part
        town.line([(at, pane.y), (at, pane.y + pane.h)], 2.4, WHITE)
    town.rectangle(door, tint(house.accent, 0.95))
    town.rectangle(Box(door.x + 6, door.y + 6, 22, 26), (70, 86, 104))
    town.ellipse((door.x + 28, door.y + 38), (1.8, 1.8), (240, 206, 110))
    stripes = np.linspace(x + 2, x + w - 50, 2 * round(w / 26) + 1)
    for number, (a, b) in enumerate(pairwise(stripes)):
        colour = WHITE if number % 2 else house.accent
        points = [(a + 2, top + 11), (b + 2, top + 11), (b, top + 26), ((a + b) / 2, top + 30)]
        town.polygon([*points, (a, top + 26)], colour)
    town.shade(corners(Box(x, top + 30, w - 50, 8)), 0.45, 3)
