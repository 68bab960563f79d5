"""Frames as pictures that can be laid over each other: RGB of 8 bit, upright, of one size."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction

import numpy as np
from numpy.typing import NDArray

from vsfilter.clip import ClipInfo
from vsfilter.frame import Frame
from vsfilter.resize import imresize_to
from vsfilter.rgb_converter import FrameToRgb

Pixels = NDArray[np.uint8]
"""(h, w, 3), RGB."""


@dataclass(frozen=True, slots=True, kw_only=True)
class UprightSize:
    """Size of a clip's pictures after a player has turned them.

    Attributes:
        width: Columns, in px.
        height: Rows, in px.
        pixel_aspect: Width of a pixel divided by its height.
    """

    width: int
    height: int
    pixel_aspect: Fraction = Fraction(1)

    @property
    def display_aspect(self) -> Fraction:
        """Width of the picture on screen divided by its height."""
        return self.pixel_aspect * self.width / self.height


def upright_size(info: ClipInfo) -> UprightSize:
    """Give the size of a clip's pictures after they are turned."""
    if info.rotation in (90, 270):
        return UprightSize(
            width=info.height, height=info.width, pixel_aspect=1 / info.sample_aspect_ratio
        )
    return UprightSize(width=info.width, height=info.height, pixel_aspect=info.sample_aspect_ratio)


def common_size(a: UprightSize, b: UprightSize) -> UprightSize:
    """Give the size at which two clips are compared; neither loses a pixel.

    It is the larger one's. Where one is wider and the other is higher, it is as wide and as high,
    and shown in the shape of the first.
    """
    width, height = max(a.width, b.width), max(a.height, b.height)
    shape = b if (b.width, b.height) == (width, height) != (a.width, a.height) else a
    return UprightSize(
        width=width, height=height, pixel_aspect=shape.display_aspect * height / width
    )


class PictureMaker:
    """Maker of pictures out of the frames of one clip.

    Args:
        info: What holds for every frame.
        size: Size of the pictures; a smaller clip is enlarged by MATLAB's bicubic.
    """

    def __init__(self, info: ClipInfo, size: UprightSize) -> None:
        self._to_rgb = FrameToRgb(info)
        self._quarters = info.rotation // 90
        self._is_flipped = info.is_flipped
        self._size = size

    def __call__(self, frame: Frame) -> Pixels:
        """Make the picture of a frame: turned, then enlarged, rounded to 8 bit."""
        rgb = self._to_rgb.convert(frame)  # (3, h, w)
        pixels = (np.clip(rgb, 0, 1) * 255).round().astype(np.uint8).transpose(1, 2, 0)
        if self._is_flipped:
            pixels = pixels[:, ::-1]
        pixels = np.ascontiguousarray(np.rot90(pixels, self._quarters))
        width, height = self._size.width, self._size.height
        if pixels.shape[:2] == (height, width):
            return pixels
        # one channel at a time: a third of the memory
        channels = [imresize_to(pixels[..., c], width=width, height=height) for c in range(3)]
        return np.stack(channels, axis=-1)
