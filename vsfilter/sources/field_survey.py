"""What can be seen of the fields of frames: do the two of a frame belong to one time?"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from vsfilter.combed_lines import LEAST_HEIGHT, has_combed_lines
from vsfilter.frame import FieldOrder, Frame
from vsfilter.sources.frame_filter import FrameFilter

if TYPE_CHECKING:
    from vsfilter.frame import Plane

Seen = Literal["top", "bottom", "progressive", "unknown"]

_WORDS: dict[str, Seen] = {"tff": "top", "bff": "bottom", "progressive": "progressive"}
_SEEN_KEY = "lavfi.idet.multiple.current_frame"


@dataclass(frozen=True, slots=True, kw_only=True)
class FieldEvidence:
    """What is known of the fields of one frame.

    Attributes:
        stated: What the stream says.
        seen: What FFmpeg's idet sees in the frame and its neighbours.
        is_combed: Whether the lines of the frame itself look like those of two times.
        has_alpha: Whether it has an alpha plane, which no camera makes.
    """

    stated: FieldOrder
    seen: Seen
    is_combed: bool
    has_alpha: bool


def survey(frames: Sequence[Frame]) -> list[FieldEvidence]:
    """Look at consecutive frames of one clip.

    Args:
        frames: Of one size and format.
    """
    return [
        FieldEvidence(
            stated=frame.field_order,
            seen=seen,
            is_combed=is_combed(frame),
            has_alpha=frame.alpha is not None,
        )
        for frame, seen in zip(frames, _idet(frames), strict=True)
    ]


def _idet(frames: Sequence[Frame]) -> list[Seen]:
    """Ask FFmpeg's idet, which compares each field with the fields before and after."""
    if not frames or frames[0].format.is_float or frames[0].height < LEAST_HEIGHT:
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
    """Tell whether the lines of a frame look like those of two times."""
    return not frame.format.is_float and has_combed_lines(_luma(frame), bits=frame.format.bits)


def _luma(frame: Frame) -> Plane:
    """Give the plane that shows most: luma, or green."""
    return frame.planes[1 if frame.format.family == "rgb" else 0]
