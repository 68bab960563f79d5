"""Make the picture that shows a frame before and after restoration, side by side."""

from __future__ import annotations

import argparse
from collections.abc import Iterator
from itertools import islice
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from vsfilter.clip import ClipReader
from vsfilter.discovery import find_source
from vsfilter.engine.restorer import Restorer
from vsfilter.engine.settings import Settings
from vsfilter.engine.stream import Picture, restore_clip
from vsfilter.errors import OptionError
from vsfilter.resize import imresize
from vsfilter.rgb_converter import FrameToRgb

ROOT = Path(__file__).parent.parent
GAP_PX = 8
ZOOM = 2
MOST_BYTES = 900_000
_CROPS = [(418, 207), (752, 440), (1191, 436)]  # the demo's clock, inn and timetable in frame 24
_WHITE = (255, 255, 255)
Pixels = NDArray[np.uint8]


def main() -> None:
    """Restore the clip up to the frame and write the picture."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("clip", nargs="?", default=str(ROOT / "examples" / "demo.mp4"))
    parser.add_argument("--frame", type=int, default=24, help="number of the frame, from 0")
    parser.add_argument("--model", default="auto", help="backend that restores")
    parser.add_argument("--weights", help="a file or the name of a set")
    parser.add_argument(
        "--crop",
        type=parse_place,
        action="append",
        metavar="X,Y",
        help="centre of a zoomed part, in px of the restored frame; may be repeated",
    )
    parser.add_argument("--output", type=Path, default=Path("before-after.jpg"))
    arguments = parser.parse_args()
    settings = Settings(model=arguments.model, weights=arguments.weights)
    with (
        find_source(arguments.clip).open(arguments.clip) as reader,
        Restorer(settings, width=reader.info.width, height=reader.info.height) as restorer,
    ):
        before, after = restore_frame(reader, arguments.frame, restorer)
        name = restorer.loaded.backend.name
    picture = lay_out(before, after, arguments.crop or _CROPS, name=name)
    arguments.output.parent.mkdir(parents=True, exist_ok=True)
    arguments.output.write_bytes(encode(picture, arguments.output.suffix))
    height, width = picture.shape[:2]
    print(f"{arguments.output}: {width}x{height} px, {arguments.output.stat().st_size} bytes")


def parse_place(words: str) -> tuple[int, int]:
    """Read "X,Y"."""
    x, y = words.split(",")
    return int(x), int(y)


def restore_frame(reader: ClipReader, number: int, restorer: Restorer) -> tuple[Pixels, Pixels]:
    """Enlarge a frame by bicubic, and restore it with its neighbours.

    Returns:
        Both pictures of the same size: (h, w, 3), RGB, uint8.

    Raises:
        OptionError: The clip has no such frame.
    """
    to_rgb = FrameToRgb(reader.info)
    smalls: list[NDArray[np.float32]] = []

    def pictures() -> Iterator[Picture]:
        for frame in reader:
            smalls.append(to_rgb.convert(frame))
            yield Picture(frame=frame, rgb=smalls[-1])

    restored = next(islice(restore_clip(pictures(), restorer), number, None), None)
    if restored is None:
        raise OptionError(f"the clip has {len(smalls)} frames: there is no frame {number}")
    enlarged = imresize(smalls[number].transpose(1, 2, 0), restorer.scale)
    return _to_pixels(enlarged), _to_pixels(restored.rgb.transpose(1, 2, 0))


def lay_out(before: Pixels, after: Pixels, places: list[tuple[int, int]], *, name: str) -> Pixels:
    """Put the two halves together, with zoomed parts of both below.

    Args:
        before: (h, w, 3), RGB: the input, enlarged.
        after: (h, w, 3), RGB: the result.
        places: Centres of the parts, (x, y) in px.
        name: Of the model, for the label.

    Returns:
        The page: (rows, w, 3), RGB.
    """
    width = before.shape[1]
    middle = width // 2
    halves = np.concatenate([before[:, :middle], after[:, middle:]], axis=1)
    halves[:, middle - 1 : middle + 1] = _WHITE
    texts = "input, bicubic", f"restored, {name}"
    _label(halves, texts[0], 0)
    _label(halves, texts[1], middle)
    rows = [halves]
    for picture, words in zip((before, after), texts, strict=True):
        row = _zoom_row(picture, places)
        _label(row, words, 0)
        rows += [np.full((GAP_PX, width, 3), 255, dtype=np.uint8), row]
    return np.concatenate(rows)


def encode(picture: Pixels, suffix: str) -> bytes:
    """Encode as JPEG or as PNG, with so many levels of colour as keep a web page light."""
    if suffix != ".png":
        quality = [cv2.IMWRITE_JPEG_QUALITY, 90, cv2.IMWRITE_JPEG_OPTIMIZE, 1]
        _, data = cv2.imencode(suffix, cv2.cvtColor(picture, cv2.COLOR_RGB2BGR), quality)
        return data.tobytes()
    options = [cv2.IMWRITE_PNG_COMPRESSION, 9, cv2.IMWRITE_PNG_STRATEGY]
    options.append(cv2.IMWRITE_PNG_STRATEGY_FILTERED)
    for step in (1, 2, 3, 4):
        levels = np.clip(np.round(picture / step) * step, 0, 255).astype(np.uint8)
        _, data = cv2.imencode(".png", cv2.cvtColor(levels, cv2.COLOR_RGB2BGR), options)
        if data.size < MOST_BYTES:
            break
    return data.tobytes()


def _zoom_row(picture: Pixels, places: list[tuple[int, int]]) -> Pixels:
    """Zoom the parts and set them side by side, as wide as the picture."""
    height, width = picture.shape[:2]
    row = np.full((width // 6, width, 3), 255, dtype=np.uint8)
    edges = np.linspace(0, width + GAP_PX, len(places) + 1).round().astype(int)
    for (x, y), left, right in zip(places, edges[:-1], edges[1:] - GAP_PX, strict=True):
        h, w = row.shape[0] // ZOOM, (right - left) // ZOOM
        top = np.clip(y - h // 2, 0, height - h)
        start = np.clip(x - w // 2, 0, width - w)
        part = picture[top : top + h, start : start + w]
        row[:, left:right] = cv2.resize(
            part, (right - left, row.shape[0]), interpolation=cv2.INTER_NEAREST
        )
    return row


def _label(picture: Pixels, words: str, left: int) -> None:
    """Write words on a dark field at the top of a picture."""
    font, size = cv2.FONT_HERSHEY_DUPLEX, 0.5
    (width, cap), _ = cv2.getTextSize(words, font, size, 1)
    field = picture[8 : cap + 24, left + 8 : left + width + 24]
    field[:] = field // 4
    cv2.putText(picture, words, (left + 16, cap + 16), font, size, _WHITE, 1, cv2.LINE_AA)


def _to_pixels(rgb: NDArray[np.generic]) -> Pixels:
    return np.ascontiguousarray((np.clip(rgb, 0, 1) * 255).round().astype(np.uint8))


if __name__ == "__main__":
    main()
