"""A sheet that shows what a recipe makes of a clip."""

from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from vsfilter.errors import OptionError, SinkError, SinkExistsError
from vsfilter.whole_file import whole_file

from .clips import open_clip
from .degradations.low_clip import make_low
from .degraded_data import degradations, sharpened
from .settings import Recipe

Pixels = NDArray[np.uint8]

GAP_PX = 8
LABEL_PX = 22
MOST_COLUMNS = 4
WHITE = (255, 255, 255)


@dataclass(frozen=True, slots=True, kw_only=True)
class Look:
    """What of a clip is shown.

    Attributes:
        frame: Number of the frame, from 0.
        seed: The first degradation is drawn by this whole number, the next by the one after it.
        count: Degradations shown.
        side: Longest side of the shown part in px, around the middle of the frame.
    """

    frame: int = 0
    seed: int = 0
    count: int = 7
    side: int = 256

    def __post_init__(self) -> None:
        """Refuse what shows nothing."""
        for name, least in (("frame", 0), ("seed", 0), ("count", 1), ("side", 32)):
            if getattr(self, name) < least:
                raise OptionError(f"{name} is {getattr(self, name)}: give at least {least}")


def make_sheet(recipe: Recipe, clip: Path, look: Look, *, scale: int) -> Pixels:
    """Degrade a part of a clip several times; put ground truth and degradations side by side.

    Degradations see as many frames as a sample of the recipe has, where the clip has them. Each is
    shown as large as the ground truth, its pixels repeated.

    Args:
        recipe: Says how.
        clip: A video file or a folder of pictures.
        look: Which part of it.
        scale: Upscaling factor of the recipe's model.

    Returns:
        (h, w, 3), uint8, RGB.

    Raises:
        SourceError: The clip cannot be read, or has no such frame.
        OptionError: Its frames are too small.
    """
    start = max(0, look.frame - recipe.data.frames // 2)
    frames = open_clip(clip).read(start, max(recipe.data.frames, look.frame - start + 1))
    shown = look.frame - start
    if shown >= len(frames):
        raise OptionError(f"'{clip}' has no frame {look.frame}: give one before")
    high = _crop(frames, look.side, unit=4 * scale, clip=clip)
    cells = [("ground truth", high[shown])]
    target = sharpened(high, recipe)
    if recipe.sharpen is not None:
        cells.append(("sharpened", target[shown]))
    for seed in range(look.seed, look.seed + look.count):
        random = np.random.default_rng(seed)
        low = make_low(target, degradations(recipe), scale=scale, random=random)[shown]
        cells.append((f"seed {seed}", low.repeat(scale, axis=0).repeat(scale, axis=1)))
    return _lay_out(cells)


def save_sheet(sheet: Pixels, path: Path) -> None:
    """Write a sheet as PNG, whole or not at all.

    Raises:
        SinkError: It cannot be written.
    """
    _, packed = cv2.imencode(".png", sheet[..., ::-1], [cv2.IMWRITE_PNG_COMPRESSION, 9])
    try:
        with whole_file(path) as part:
            part.write_bytes(packed.tobytes())
    except OSError as error:
        raise SinkError(f"cannot write '{path}': {error.strerror}") from error


def check_sheet_path(path: Path, *, overwrite: bool) -> None:
    """Refuse a file that must not or cannot be written, before any work is done.

    Raises:
        SinkExistsError: It exists and may not be replaced.
        SinkError: It is no PNG, or has no folder.
    """
    if path.suffix.lower() != ".png":
        raise SinkError(f"output '{path}' has the suffix {path.suffix!r}: use .png")
    if path.exists() and not overwrite:
        raise SinkExistsError(f"output '{path}' exists: use --overwrite or another name")
    if not path.parent.is_dir():
        raise SinkError(f"the folder of output '{path}' does not exist: make it first")


def _crop(frames: Pixels, side: int, *, unit: int, clip: Path) -> Pixels:
    """Cut the middle of all frames, at most `side` px, with sides that are multiples of `unit`."""
    h, w = frames.shape[1:3]
    height, width = (min(n, side) // unit * unit for n in (h, w))
    if not height or not width:
        raise OptionError(f"'{clip}' has {w}x{h} px: at least {unit}x{unit} px are needed")
    top, left = (h - height) // 2, (w - width) // 2
    return np.ascontiguousarray(frames[:, top : top + height, left : left + width])


def _lay_out(cells: list[tuple[str, Pixels]]) -> Pixels:
    """Put labelled pictures of one size in rows."""
    height, width = cells[0][1].shape[:2]
    columns = min(MOST_COLUMNS, len(cells))
    rows = -(-len(cells) // columns)
    step_y, step_x = height + LABEL_PX + GAP_PX, width + GAP_PX
    sheet = np.zeros((rows * step_y + GAP_PX, columns * step_x + GAP_PX, 3), np.uint8)
    for number, (label, picture) in enumerate(cells):
        row, column = divmod(number, columns)
        y, x = GAP_PX + row * step_y, GAP_PX + column * step_x
        baseline = (x, y + LABEL_PX - 7)
        cv2.putText(sheet, label, baseline, cv2.FONT_HERSHEY_SIMPLEX, 0.5, WHITE, 1, cv2.LINE_AA)
        sheet[y + LABEL_PX : y + LABEL_PX + height, x : x + width] = picture
    return sheet
