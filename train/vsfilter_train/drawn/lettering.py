"""Sheets of text: captions, credits, signs, tables of digits."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import product

import cv2
import numpy as np

from vsfilter.errors import OptionError

from .sheet import Colour, Sheet, any_colour, apart_from, empty_sheet, opaque

_FONTS = ("sans", "italic", "uni")
_WEIGHT = 400
_LETTERS = "abcdefghijklmnopqrstuvwxyzäöüéèñçß"
_FREQUENT = "etaoinshrdlu"
_SIGNS = "0123456789.,:;-+%&/()?!"
_HAN = "日本語字幕映画時間東京大学新聞中国文化水木金土山川"


@dataclass(frozen=True, slots=True, kw_only=True)
class _Script:
    """How words are written.

    Attributes:
        font: OpenCV's name of it.
        line_px: Its size.
        ink: Colour of the letters.
        outline: Colour around them; None for nothing.
    """

    font: str
    line_px: int
    ink: Colour
    outline: Colour | None

    def write(self, sheet: Sheet, words: str, x: int, y: int) -> None:
        """Write words from a point on their base line on."""
        face = cv2.FontFace(self.font)
        if self.outline is not None:
            reach = max(1, self.line_px // 16)
            for dx, dy in product((-reach, 0, reach), repeat=2):
                place, colour = (x + dx, y + dy), opaque(self.outline)
                cv2.putText(sheet, words, place, colour, face, self.line_px, _WEIGHT)
        cv2.putText(sheet, words, (x, y), opaque(self.ink), face, self.line_px, _WEIGHT)


def check_fonts() -> None:
    """Raise OptionError where OpenCV has no outline fonts."""
    if not hasattr(cv2, "FontFace"):
        raise OptionError(f"OpenCV {cv2.__version__} cannot draw outline fonts: install version 5")


def any_lettering(rng: np.random.Generator, width: int, height: int) -> Sheet:
    """Write lines of words on a sheet of a size in px; on a plate of their own at times."""
    sheet = empty_sheet(width, height)
    ink = any_colour(rng)
    plate = apart_from(ink, rng)
    if rng.random() < 0.4:
        sheet[:] = opaque(plate)
    line_px = int(rng.uniform(0.03, 0.16) * height)
    spacing = rng.uniform(1.1, 1.7)
    script = _Script(
        font=str(rng.choice(_FONTS)),
        line_px=line_px,
        ink=ink,
        outline=plate if rng.random() < 0.4 else None,
    )
    y = line_px * 1.2
    while y < height - 0.4 * line_px:
        words = _any_line(rng, most_letters=round(1.8 * width / line_px))
        script.write(sheet, words, round(rng.uniform(0, 0.2) * width), round(y))
        y += spacing * line_px
    return sheet


def _any_line(rng: np.random.Generator, *, most_letters: int) -> str:
    letters = 0
    words: list[str] = []
    while letters < rng.uniform(0.4, 1) * most_letters:
        words.append(_any_word(rng))
        letters += len(words[-1]) + 1
    return " ".join(words)


def _any_word(rng: np.random.Generator) -> str:
    length = int(rng.integers(1, 10))
    kind = rng.random()
    if kind < 0.15:
        return "".join(rng.choice(list(_SIGNS), length))
    if kind < 0.22:
        return "".join(rng.choice(list(_HAN), length))
    word = "".join(rng.choice(list(_LETTERS + 3 * _FREQUENT), length))
    if kind < 0.5:
        return word.capitalize()
    return word.upper() if kind < 0.6 else word
