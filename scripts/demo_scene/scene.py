"""The whole scene, and any frame of it."""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

from demo_scene.canvas import Box, Canvas, compose
from demo_scene.house import House
from demo_scene.houses import draw_house
from demo_scene.landscape import Water, draw_sky
from demo_scene.moving import draw_birds, draw_boat, draw_wheel
from demo_scene.quay import WATERLINE, draw_quay, draw_tree
from demo_scene.tower import draw_flag, draw_hands, draw_tower

WIDTH, HEIGHT, FPS, FRAME_COUNT = 1280, 720, 24, 48
_DENSITY = 2  # samples a frame's px, along each axis, averaged in the end
_FINE = 2  # as many times finer are still pictures drawn
_WORLD = Box(0, 0, WIDTH + 76, HEIGHT + 24)
_STEP = np.asarray([1.5, 0.5])  # units that the camera moves in a frame: whole samples
_FAR = 0.3  # share of the camera's movement that the sky shows
_SQUEEZE = 1.9  # how much lower than the town its mirror picture is
_BOAT = Box(-84, -176, 180, 192)

HOUSES = (
    House(x=96, width=150, eave=274, ridge=176, roof="pointed", wall="brick",
          colour=(172, 88, 66), accent=(70, 92, 104), columns=3, sign="BAKERY"),
    House(x=246, width=157, eave=304, ridge=214, roof="stepped", wall="plaster",
          colour=(232, 190, 112), accent=(164, 74, 58), columns=2, sign="BOOKS & MAPS"),
    House(x=501, width=209, eave=322, ridge=230, roof="facing", wall="plaster",
          colour=(214, 132, 116), accent=(74, 108, 122), columns=3, sign="HARBOUR CAFE"),
    House(x=710, width=150, eave=288, ridge=184, roof="pointed", wall="timber",
          colour=(244, 230, 202), accent=(150, 72, 52), columns=3, sign="OLD INN 1732"),
    House(x=860, width=136, eave=346, ridge=276, roof="facing", wall="boards",
          colour=(110, 150, 170), accent=(186, 96, 66), columns=2, sign="FISH MARKET"),
)  # fmt: skip


class Scene:
    """The town by the water: still pictures drawn once, and what moves, drawn for each frame."""

    def __init__(self) -> None:
        rng = np.random.default_rng(7)
        fine = _DENSITY * _FINE
        self._sky = draw_sky(_WORLD, fine, WATERLINE).reduced(_FINE)[..., :3]
        town = Canvas(Box(0, 0, _WORLD.w, WATERLINE), fine)
        for x, height in ((1040, 150), (1122, 118), (1196, 104), (1262, 128), (1330, 190)):
            draw_tree(town, (x, 518), height, rng)
        draw_tower(town, rng)
        for house in HOUSES:
            draw_house(town, house, rng)
        draw_tree(town, (52, 518), 200, rng)
        draw_quay(town, rng)
        self._town = town.reduced(_FINE)
        boat = Canvas(_BOAT, fine)
        draw_boat(boat)
        self._boat = boat.reduced(_FINE)
        rows = round((_WORLD.h - WATERLINE) * _DENSITY)
        self._water = Water((rows, WIDTH * _DENSITY), _DENSITY)

    def render(self, number: int) -> NDArray[np.uint8]:
        """Render a frame.

        Args:
            number: Its number, from 0 to FRAME_COUNT - 1.

        Returns:
            (720, 1280, 3), RGB, uint8.
        """
        time_s = number / FPS
        x, y = _STEP * number
        land = self._render_land(x, y, time_s)
        water = self._render_water(land, x, time_s)
        whole = np.concatenate([land, water])
        self._put_boat(whole, x, time_s, is_mirrored=False)
        top = round(y * _DENSITY)
        seen = _light(whole[top : top + HEIGHT * _DENSITY])
        small = cv2.resize(seen, (WIDTH, HEIGHT), interpolation=cv2.INTER_AREA)
        return np.asarray(small.round(), dtype=np.uint8)

    def _render_land(self, x: float, y: float, time_s: float) -> NDArray[np.uint8]:
        rows, columns = round(WATERLINE * _DENSITY), WIDTH * _DENSITY
        move = np.asarray([[1, 0, -x * _DENSITY * _FAR], [0, 1, y * _DENSITY * (1 - _FAR)]])
        far = cv2.warpAffine(
            self._sky, move, (columns, rows), flags=cv2.INTER_LINEAR, borderMode=cv2.BORDER_REFLECT
        )
        view = Box(x, 0, WIDTH, WATERLINE)
        behind, before = Canvas(view, _DENSITY), Canvas(view, _DENSITY)
        draw_wheel(behind, time_s)
        draw_hands(before, time_s)
        draw_flag(before, time_s)
        draw_birds(before, time_s)
        left = round(x * _DENSITY)
        land = compose(far, behind.pixels)
        land = compose(land, self._town[:, left : left + columns])
        return compose(land, before.pixels)

    def _render_water(self, land: NDArray[np.uint8], x: float, time_s: float) -> NDArray[np.uint8]:
        rows = round((_WORLD.h - WATERLINE) * _DENSITY)
        source = land[::-1][: round(rows * _SQUEEZE)]
        mirrored = cv2.resize(source, (land.shape[1], rows), interpolation=cv2.INTER_AREA)
        whole = np.concatenate([land, mirrored])
        self._put_boat(whole, x, time_s, is_mirrored=True)
        return self._water.ripple(whole[land.shape[0] :], time_s, x)

    def _put_boat(
        self, whole: NDArray[np.uint8], x: float, time_s: float, *, is_mirrored: bool
    ) -> None:
        """Put the boat, rocking, or its mirror picture into a picture of land and water."""
        sway = np.radians(1.6 * np.sin(2.4 * time_s))
        flip = -0.8 if is_mirrored else 1.0
        place = np.asarray([330 + 17 * time_s - x, 652 + 1.4 * np.sin(3.1 * time_s)])
        turn = np.asarray([[np.cos(sway), -np.sin(sway)], [np.sin(sway), np.cos(sway)]])
        turn = np.diag([1.0, flip]) @ turn
        origin = np.asarray([_BOAT.x, _BOAT.y])
        offset = (place + turn @ origin) * _DENSITY - 0.5 + turn @ [0.5, 0.5]
        rows, columns = whole.shape[:2]
        move = np.concatenate([turn, offset[:, None]], axis=1)
        whole[:] = compose(whole, cv2.warpAffine(self._boat, move, (columns, rows)))


def _light(picture: NDArray[np.uint8]) -> NDArray[np.float32]:
    """Let warm light come from the upper left, and the corners be a little darker."""
    rows, columns = picture.shape[:2]
    v = np.linspace(0, 1, rows, dtype=np.float32)[:, None, None]
    u = np.linspace(0, 1, columns, dtype=np.float32)[None, :, None]
    glow = np.exp(-((u - 0.16) ** 2 / 0.12 + (v - 0.3) ** 2 / 0.16))
    warm = np.asarray([255, 226, 176], dtype=np.float32)
    lit = picture + (warm - picture) * glow * 0.2
    return np.asarray(lit * (1 - 0.26 * ((u - 0.5) ** 2 + (v - 0.5) ** 2)), dtype=np.float32)
