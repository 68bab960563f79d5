"""A picture of the work while it goes on: input and result side by side."""

from __future__ import annotations

import logging
import time
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from vsfilter.clip import ClipInfo
from vsfilter.engine.stream import Picture
from vsfilter.rgb_converter import FrameToRgb
from vsfilter.whole_file import whole_file

_LOG = logging.getLogger(__name__)


class Preview:
    """Writes a PNG now and then: the input enlarged by bicubic on the left, the result right.

    The file is replaced as a whole, so that a viewer never sees half of it. A file that cannot be
    written is one warning; the work goes on.

    Args:
        path: The PNG.
        clip: The input's clip.
        every_s: Least time between two pictures, in s.
    """

    def __init__(self, path: Path, clip: ClipInfo, *, every_s: float) -> None:
        self._path = path
        self._every_s = every_s
        self._to_rgb = FrameToRgb(clip)
        self._last_s: float | None = None

    def show(self, picture: Picture) -> None:
        """Write a restored frame beside its source, when it is time to.

        Args:
            picture: The source frame with its restored pixels, (3, scale * h, scale * w).
        """
        now_s = time.monotonic()
        if self._last_s is not None and now_s - self._last_s < self._every_s:
            return
        self._last_s = now_s
        result = _to_bgr(picture.rgb)
        rows, columns, _ = result.shape
        source = _to_bgr(self._to_rgb.convert(picture.frame))
        enlarged = cv2.resize(source, (columns, rows), interpolation=cv2.INTER_CUBIC)
        both = np.concatenate([enlarged, result], axis=1).clip(0, 1)
        # light compression: a large frame would hold up the encoder for a second
        _, data = cv2.imencode(
            ".png", (both * 255).round().astype(np.uint8), [cv2.IMWRITE_PNG_COMPRESSION, 1]
        )
        try:
            with whole_file(self._path) as part:
                part.write_bytes(data.tobytes())
        except OSError as error:
            _LOG.warning("the preview %s cannot be written: %s", self._path, error.strerror)


def _to_bgr(rgb: NDArray[np.float32]) -> NDArray[np.float32]:
    """Turn (3, h, w), RGB, into OpenCV's (h, w, 3), BGR."""
    return np.ascontiguousarray(rgb[::-1].transpose(1, 2, 0))
