"""What can be seen of the fields of frames: do the two of a frame belong to one time?"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

import numpy as np

from vsfilter.frame import FieldOrder, Frame
from vsfilter.sources.frame_filter import FrameFilter

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from vsfilter.frame import Plane

Seen = Literal["top", "bottom", "progressive", "unknown"]

_WORDS: dict[str, Seen] = {"tff": "top", "bff": "bottom", "progressive": "progressive"}
_SEEN_KEY = "lavfi.idet.multiple.current_frame"
_LEAST_HEIGHT = 16
_BLOCK = 16
_COMBED_PIXELS = 80
"""Pixels of a block of 16x16 from which it counts as combed."""
_COMBED_SHARE = 0.03
"""Share of combed blocks from which a frame does: interlaced frames that move have 7 to 60 %,
progressive ones with patterns of fine lines up to 2.5 %."""


@dataclass(frozen=True, slots=True, kw_only=True)
class FieldEvidence:
    """What is known of the fields of one frame.

    Attributes:
        stated: What the stream says.
        seen: What FFmpeg's idet sees in the frame and its neighbours.
        is_combed: Whether the lines of the frame itself look like those of two times.
    """

    stated: FieldOrder
    seen: Seen
    is_combed: bool


def survey(frames: Sequence[Frame]) -> list[FieldEvidence]:
    """Look at consecutive frames of one clip.

    Args:
        frames: Of one size and format.
    """
    return [
        FieldEvidence(stated=frame.field_order, seen=seen, is_combed=is_combed(frame))
        for frame, seen in zip(frames, _idet(frames), strict=True)
    ]


def _idet(frames: Sequence[Frame]) -> list[Seen]:
    """Ask FFmpeg's idet, which compares each field with the fields before and after."""
    if not frames or frames[0].format.is_float or frames[0].height < _LEAST_HEIGHT:
        return ["unknown"] * len(frames)
    first = frames[0]
    idet = FrameFilter(
        "gray" if first.format.bits == 8 else "gray16le",
        width=first.width,
        height=first.height,
        filters=[("idet", "")],
    )
    pictures = [picture for frame in frames for picture in idet.push([_luma(frame)])]
    pictures += idet.finish()
    return [_WORDS.get(picture.metadata.get(_SEEN_KEY, ""), "unknown") for picture in pictures]


def is_combed(frame: Frame) -> bool:
    """Tell whether the lines of a frame look like those of two times.

    A pixel is combed where it differs from the lines beside it, which are of the other field, much
    more than from the next lines of its own field. In one picture it is the other way round, except
    in patterns of very fine lines; blocks in which the combed pixels are many tell the two apart.
    """
    if frame.format.is_float or frame.height < _LEAST_HEIGHT:
        return False
    luma = _luma(frame)[:, ::2].astype(np.int32)  # every second column says as much
    unit = 1 << (frame.format.bits - 8)
    here = 2 * luma[2:-2]
    across = np.abs(luma[1:-3] - here + luma[3:-1])  # second differences over lines of both fields
    along = np.abs(luma[:-4] - here + luma[4:])  # and over those of one field
    combed = _count(2 * across > 3 * along + 20 * unit)
    plain = _count(2 * along > 3 * across + 20 * unit)
    blocks = (combed > _COMBED_PIXELS // 2) & (combed > 2 * plain)
    return bool(blocks.size) and float(blocks.mean()) > _COMBED_SHARE


def _luma(frame: Frame) -> Plane:
    """Give the plane that shows most: luma, or green."""
    return frame.planes[1 if frame.format.family == "rgb" else 0]


def _count(pixels: NDArray[np.bool_]) -> NDArray[Any]:  # Any: numpy's own type of counts
    """Count pixels in blocks of 16 rows and 8 columns; what is left at the edges is left out."""
    rows, columns = (side // size for side, size in zip(pixels.shape, (_BLOCK, 8), strict=True))
    whole = pixels[: rows * _BLOCK, : columns * 8]
    return whole.reshape(rows, _BLOCK, columns, 8).sum(axis=(1, 3))
