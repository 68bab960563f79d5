"""Clips of known pictures: folders of PNG files, and the comparison of two of them."""

from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

Pixels = NDArray[np.uint8]


def make_pictures(count: int, *, width: int = 64, height: int = 48, seed: int = 0) -> list[Pixels]:
    """Make soft coloured patterns, (h, w, 3) RGB, that differ from frame to frame."""
    random = np.random.default_rng(seed)
    small = random.integers(0, 256, (count, 6, 8, 3)).astype(np.uint8)
    return [cv2.resize(each, (width, height), interpolation=cv2.INTER_CUBIC) for each in small]


def add_noise(pictures: list[Pixels], strengths: list[float]) -> list[Pixels]:
    """Add noise of another strength to each picture."""
    random = np.random.default_rng(1)
    return [
        np.clip(picture + random.normal(0, strength, picture.shape), 0, 255).astype(np.uint8)
        for picture, strength in zip(pictures, strengths, strict=True)
    ]


def write_folder(folder: Path, pictures: list[Pixels]) -> str:
    """Write pictures as a folder of PNG files."""
    folder.mkdir(parents=True)
    for number, picture in enumerate(pictures):
        assert cv2.imwrite(str(folder / f"{number}.png"), picture[..., ::-1])
    return str(folder)


def decode(content: bytes) -> Pixels:
    """Decode a file of any kind of picture: (h, w, 3), RGB."""
    return cv2.imdecode(np.frombuffer(content, np.uint8), cv2.IMREAD_COLOR)[..., ::-1]
