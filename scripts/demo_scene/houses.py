"""House fronts: walls and roofs."""

from __future__ import annotations

from itertools import pairwise

import numpy as np

from demo_scene.canvas import RGB, Box, Canvas, corners, tint, vary
from demo_scene.house import GROUND, SHOP, WHITE, House
from demo_scene.openings import draw_shop, draw_windows


def draw_house(town: Canvas, house: House, rng: np.random.Generator) -> None:
    """Draw a house into the town."""
    if house.roof == "facing":
        _draw_facing_roof(town, house, rng)
    outline = _outline(house)
    top = min(y for _, y in outline)
    front = Canvas(Box(house.x - 4, top - 4, house.width + 8, GROUND - top + 4), town.density)
    _draw_wall(front, house, rng)
    front.clip(outline)
    left, right = house.x, house.x + house.width
    front.shade([(left, top), (left + 18, top), (left + 18, GROUND), (left, GROUND)], -0.13, 22)
    front.shade([(right - 14, top), (right, top), (right, GROUND), (right - 14, GROUND)], 0.28, 16)
    town.paste(front)
    if house.roof == "facing":
        town.shade(corners(Box(left, house.eave, house.width, 7)), 0.45, 2.5)
    else:
        edge = outline[1:-1]
        town.line(edge, 5, tint(house.accent, 0.75))
        town.line([(x, y - 2) for x, y in edge], 2, tint(house.accent, 1.25))
        _draw_attic(town, house)
    draw_windows(town, house, rng)
    draw_shop(town, house, rng)


def _outline(house: House) -> list[tuple[float, float]]:
    left, right, middle = house.x, house.x + house.width, house.x + house.width / 2
    top: list[tuple[float, float]]
    if house.roof == "pointed":
        top = [(left, house.eave), (middle, house.ridge), (right, house.eave)]
    elif house.roof == "stepped":
        steps = 5
        rise = (house.eave - house.ridge) / steps
        run = house.width / 2 / (steps + 0.6)
        climb = [(run * (i // 2), house.eave - rise * ((i + 1) // 2)) for i in range(2 * steps + 1)]
        climb = climb[1:]
        top = [(left + dx, y) for dx, y in climb] + [(right - dx, y) for dx, y in climb[::-1]]
    else:
        top = [(left, house.eave), (right, house.eave)]
    return [(left, GROUND), *top, (right, GROUND)]


def _draw_wall(front: Canvas, house: House, rng: np.random.Generator) -> None:
    box = front.box
    front.rectangle(box, house.colour)
    if house.wall == "brick":
        _draw_bricks(front, house.colour, rng)
    elif house.wall == "boards":
        for y in np.arange(box.y, GROUND, 9):
            front.rectangle(Box(box.x, y, box.w, 9), vary(house.colour, 0.05, rng))
            front.line([(box.x, y), (box.x + box.w, y)], 1.2, tint(house.colour, 0.66))
            front.line([(box.x, y + 1.5), (box.x + box.w, y + 1.5)], 0.8, tint(house.colour, 1.15))
    elif house.wall == "timber":
        _draw_timber(front, house)
    else:
        for _ in range(int(box.w * box.h / 60)):
            x, y = rng.uniform(box.x, box.x + box.w), rng.uniform(box.y, GROUND)
            front.line([(x, y), (x + rng.uniform(2, 9), y)], 0.7, vary(house.colour, 0.07, rng))
        for y in (house.eave + 4, GROUND - SHOP - 16):
            front.rectangle(Box(box.x, y, box.w, 6), tint(house.colour, 1.12))
            front.line([(box.x, y + 6.5), (box.x + box.w, y + 6.5)], 1.2, tint(house.colour, 0.7))


def _draw_bricks(front: Canvas, colour: RGB, rng: np.random.Generator) -> None:
    box = front.box
    front.rectangle(box, tint(colour, 1.42))
    for row, y in enumerate(np.arange(box.y, GROUND, 7.5)):
        for x in np.arange(box.x - 18 + 9 * (row % 2), box.x + box.w, 18):
            front.rectangle(Box(x, y, 16.4, 6), vary(colour, 0.16, rng))


def _draw_timber(front: Canvas, house: House) -> None:
    beam = (84, 58, 42)
    left, right = house.x, house.x + house.width
    rows = np.linspace(house.eave, GROUND - SHOP - 8, 3)
    posts = np.linspace(left + 3, right - 3, house.columns + 1)
    for x in posts:
        front.line([(x, house.ridge), (x, GROUND)], 6, beam)
    for y in [*rows, (house.eave + house.ridge) / 2]:
        front.line([(left, y), (right, y)], 6, beam)
    for top, bottom in pairwise(rows):
        front.line([(posts[0], bottom), (posts[1], top)], 4.5, beam)
        front.line([(posts[-1], bottom), (posts[-2], top)], 4.5, beam)
    for x in posts[1:-1]:
        front.line([(x - 26, house.eave), (x, house.ridge + 40), (x + 26, house.eave)], 4.5, beam)


def _draw_facing_roof(town: Canvas, house: House, rng: np.random.Generator) -> None:
    left, right = house.x - 6, house.x + house.width + 6
    outline = [(left, house.eave), (left + 20, house.ridge), (right - 20, house.ridge)]
    outline.append((right, house.eave))
    for x in (house.x + house.width * 0.2, house.x + house.width * 0.78):
        stack = Box(x, house.ridge - 26, 20, 50)
        chimney = Canvas(stack, town.density)
        _draw_bricks(chimney, (150, 92, 76), rng)
        town.paste(chimney)
        town.shade(corners(stack._replace(x=x + 12, w=8)), 0.35, 2)
        town.rectangle(Box(x - 3, house.ridge - 30, 26, 5), (120, 100, 92))
    roof = Canvas(Box(left, house.ridge, right - left, house.eave - house.ridge), town.density)
    roof.rectangle(roof.box, tint(house.accent, 0.6))
    for row, y in enumerate(np.arange(house.eave - 4, house.ridge - 12, -9)):
        for x in np.arange(left - 12 + 6 * (row % 2), right, 12):
            tone = vary(house.accent, 0.13, rng)
            roof.ellipse((x + 6, y - 1), (5.6, 7), tone)
            roof.rectangle(Box(x + 0.4, y - 12, 11.2, 11), tone)
        roof.line([(left, y - 12), (right, y - 12)], 1, tint(house.accent, 0.6))
    roof.clip(outline)
    roof.shade(corners(Box(left, house.ridge, right - left, 8)), -0.25, 8)
    town.paste(roof)
    town.line([(left, house.eave), (right, house.eave)], 4, tint(house.accent, 0.55))


def _draw_attic(town: Canvas, house: House) -> None:
    """Draw a round window under the top of a front."""
    centre = (house.x + house.width / 2, (house.eave + 2 * house.ridge) / 3 + 8)
    radius = min(15.0, (house.eave - house.ridge) / 5)
    town.ellipse(centre, (radius + 3, radius + 3), WHITE)
    town.ellipse(centre, (radius, radius), (66, 88, 112))
    x, y = centre
    town.line([(x - radius, y), (x + radius, y)], 2, WHITE)
    town.line([(x, y - radius), (x, y + radius)], 2, WHITE)
