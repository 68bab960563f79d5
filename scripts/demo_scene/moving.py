"""What moves: the Ferris wheel, the boat, the birds."""

from __future__ import annotations

import numpy as np

from demo_scene.canvas import RGB, Box, Canvas, tint
from demo_scene.house import GROUND

WHEEL = (1090.0, 300.0)
"""Centre of the Ferris wheel."""
_WHEEL_RADIUS = 152.0
_CABINS = 14


def draw_wheel(frame: Canvas, time_s: float) -> None:
    """Draw the Ferris wheel at a time."""
    x, y = WHEEL
    steel, pale = (168, 182, 196), (244, 244, 240)
    for side in (-1, 1):
        frame.line([WHEEL, (x + side * 88, GROUND)], 7, (150, 160, 172))
    turns = 2 * np.pi * (np.arange(_CABINS) / _CABINS + time_s / 26)
    rim = np.stack([np.cos(turns), np.sin(turns)], axis=1) * _WHEEL_RADIUS
    between = np.stack([np.cos(turns + np.pi / _CABINS), np.sin(turns + np.pi / _CABINS)], axis=1)
    for spoke, half in zip(rim, between, strict=True):
        frame.line([WHEEL, np.asarray(WHEEL) + spoke], 2, steel)
        inner = np.asarray(WHEEL) + half * _WHEEL_RADIUS * 0.86
        frame.line([np.asarray(WHEEL) + spoke, inner], 1.4, steel)
        frame.line([np.asarray(WHEEL) + half * _WHEEL_RADIUS, inner], 1.4, steel)
    for share, width in ((1.0, 4), (0.86, 2.4), (0.3, 2.4)):
        frame.ring(WHEEL, _WHEEL_RADIUS * share, width, pale)
    frame.ellipse(WHEEL, (11, 11), (196, 62, 58))
    colours = [(206, 62, 60), (240, 184, 70), (62, 128, 168), (88, 156, 108), (226, 120, 70)]
    for number, (dx, dy) in enumerate(rim):
        _draw_cabin(frame, (x + dx, y + dy), colours[number % len(colours)])


def _draw_cabin(frame: Canvas, pivot: tuple[float, float], colour: RGB) -> None:
    x, y = pivot
    frame.line([(x, y), (x, y + 8)], 2, (90, 96, 104))
    frame.polygon([(x - 15, y + 12), (x, y + 3), (x + 15, y + 12)], tint(colour, 0.7))
    frame.rectangle(Box(x - 13, y + 12, 26, 20), colour)
    for side in (-10.5, 1.5):
        frame.rectangle(Box(x + side, y + 14, 9, 8), (226, 238, 244))


def draw_boat(boat: Canvas) -> None:
    """Draw the sailing boat with its waterline at y = 0 and its mast at x = 0."""
    rope, white = (88, 74, 62), (252, 248, 238)
    boat.line([(0, -14), (0, -168)], 3, (122, 84, 54))
    sail = [(4, -160), (4, -28), (74, -26), (46, -96)]
    boat.polygon(sail, white)
    boat.shade([(40, -110), (74, -26), (54, -26), (30, -100)], 0.16, 7)
    for share in (0.25, 0.5, 0.75):
        boat.line(
            [(4, -160 + 132 * share), (18 + 56 * share, -160 + 132 * share)], 0.9, (206, 200, 190)
        )
    boat.text("V 27", (27, -78), 13, (188, 52, 50))
    boat.polygon([(-5, -150), (-5, -32), (-52, -28)], (238, 160, 84))
    boat.shade([(-5, -150), (-5, -32), (-18, -32)], 0.2, 5)
    for end in (-66, 76):
        boat.line([(0, -166), (end, -22)], 0.9, rope)
    boat.polygon([(-72, -24), (84, -24), (66, 8), (-52, 8)], (38, 74, 112))
    boat.polygon([(-72, -24), (84, -24), (81.5, -18), (-69, -18)], white)
    boat.polygon([(-56.5, 1), (70, 1), (66, 8), (-52, 8)], (182, 52, 48))
    boat.text("MARIGOLD", (10, -8.5), 9.5, white)
    boat.shade([(-72, -24), (-30, -24), (-30, 8), (-52, 8)], 0.25, 14)
    boat.rectangle(Box(-30, -36, 26, 12), (164, 112, 70))
    boat.rectangle(Box(-26, -33, 8, 6), (226, 238, 244))
    boat.rectangle(Box(-15, -33, 8, 6), (226, 238, 244))


def draw_birds(frame: Canvas, time_s: float) -> None:
    """Draw gulls on the wing."""
    birds = ((196, 120, 1.0, 0.0), (262, 92, 0.75, 1.4), (300, 146, 0.6, 2.9), (770, 96, 0.8, 4.0))
    for x, y, size, phase in birds:
        beat = np.sin(9 * time_s + phase)
        centre = np.asarray([x + 34 * time_s, y - 7 * time_s + 2.5 * beat])
        for side in (-1, 1):
            wing = [(0, 0), (side * 13, -7 - 5 * beat), (side * 32, 2 + 9 * beat)]
            back = [(side * 13, -2 - 5 * beat)]
            frame.polygon(centre + size * np.asarray(wing + back), (250, 250, 250))
            tip = [(side * 22, -2.5 + 2 * beat), (side * 32, 2 + 9 * beat)]
            frame.line(centre + size * np.asarray(tip), 2.2, (70, 76, 88))
        body = [(-4, -2), (0, -4), (5, -1), (0, 6)]
        frame.polygon(centre + size * np.asarray(body), (232, 234, 238))
