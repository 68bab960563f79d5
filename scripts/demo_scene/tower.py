"""The clock tower."""

from __future__ import annotations

import numpy as np

from demo_scene.canvas import Box, Canvas, corners, tint, vary
from demo_scene.house import GROUND

CLOCK = (452.0, 224.0)
"""Centre of the clock's face."""
_STONE = (214, 196, 166)
_INK = (40, 38, 46)


def draw_tower(town: Canvas, rng: np.random.Generator) -> None:
    """Draw the clock tower, without the hands."""
    x, y = CLOCK
    body = Canvas(Box(x - 50, y - 56, 100, GROUND - y + 56), town.density)
    body.rectangle(body.box, tint(_STONE, 0.8))
    for row, top in enumerate(np.arange(y - 56, GROUND, 13)):
        for left in np.arange(x - 74 + 13 * (row % 2), x + 50, 26):
            body.rectangle(Box(left, top, 24.6, 11.6), vary(_STONE, 0.06, rng))
    body.shade(corners(Box(x + 20, y - 56, 30, 400)), 0.3, 16)
    body.shade(corners(Box(x - 50, y - 56, 16, 400)), -0.14, 12)
    town.paste(body)
    for level in (y - 58, y + 54, y + 160):
        town.rectangle(Box(x - 57, level, 114, 9), tint(_STONE, 1.08))
        town.shade(corners(Box(x - 50, level + 9, 100, 6)), 0.4, 3)
    for window in (y + 82, y + 190):
        for side in (-22, 22):
            town.ellipse((x + side, window), (10, 10), (70, 74, 88))
            town.rectangle(Box(x + side - 10, window, 20, 50), (70, 74, 88))
            for bar in np.arange(window, window + 50, 7):
                town.line([(x + side - 10, bar), (x + side + 10, bar)], 1.6, tint(_STONE, 0.72))
    spire = [(x - 56, y - 58), (x, y - 146), (x + 56, y - 58)]
    roof = Canvas(Box(x - 56, y - 146, 112, 88), town.density)
    for row, top in enumerate(np.arange(y - 146, y - 58, 8)):
        for left in np.arange(x - 64 + 5 * (row % 2), x + 60, 10):
            roof.rectangle(Box(left, top, 9.2, 7.4), vary((96, 132, 124), 0.13, rng))
    roof.clip(spire)
    roof.shade([(x, y - 146), (x + 56, y - 58), (x + 6, y - 58)], 0.3, 4)
    town.paste(roof)
    town.line([(x, y - 146), (x, y - 190)], 2.5, (110, 90, 70))
    town.ellipse((x, y - 148), (4, 4), (240, 204, 110))
    _draw_face(town)


def _draw_face(town: Canvas) -> None:
    x, y = CLOCK
    for radius, colour in ((46, (118, 92, 58)), (43, (240, 206, 120)), (40, (252, 248, 236))):
        town.ellipse(CLOCK, (radius, radius), colour)
    for tick in range(60):
        angle = np.radians(6 * tick)
        unit = np.asarray([np.sin(angle), -np.cos(angle)])
        inner, width = (33, 2.4) if tick % 5 == 0 else (36.5, 0.9)
        town.line([CLOCK + unit * inner, CLOCK + unit * 39], width, _INK)
    for hour in range(1, 13):
        angle = np.radians(30 * hour)
        town.text(str(hour), (x + 26.5 * np.sin(angle), y - 26.5 * np.cos(angle)), 7.5, _INK)


def draw_hands(frame: Canvas, time_s: float) -> None:
    """Draw the hands of the clock."""
    seconds = 27 + 3 * time_s
    hands = ((10 + 9 / 60, 12, 20, 3.6), (9.5, 60, 31, 2.4), (seconds, 60, 35, 1.2))
    for value, full_turn, length, width in hands:
        angle = 2 * np.pi * value / full_turn
        unit = np.asarray([np.sin(angle), -np.cos(angle)])
        colour = (196, 48, 44) if width < 2 else _INK
        frame.line([CLOCK - unit * 6, CLOCK + unit * length], width, colour)
    frame.ellipse(CLOCK, (2.6, 2.6), _INK)


def draw_flag(frame: Canvas, time_s: float) -> None:
    """Draw the flag on the tower, waving."""
    x, y = CLOCK[0], CLOCK[1] - 188
    along = np.linspace(0, 1, 24)
    wave = 4.5 * along * np.sin(7 * along - 8 * time_s)
    for number, colour in enumerate(((204, 52, 56), (250, 246, 238), (44, 84, 150))):
        upper = np.stack([x + 1 + 46 * along, y + 8.0 * number + wave], axis=1)
        lower = upper[::-1] + np.asarray([0, 8.0])
        frame.polygon(np.concatenate([upper, lower]), colour)
