"""What the index of a media file knows after the file was decoded once."""

from __future__ import annotations

from dataclasses import dataclass

from vsfilter.frame import FieldOrder


@dataclass(frozen=True, slots=True, kw_only=True)
class IndexEntry:
    """What the index keeps of a frame.

    Attributes:
        pts: Its pts as the clip has it, mended where the file's is wrong.
        stated_pts: Its pts as the file has it.
        duration: Its time on screen; None where the file does not say.
        field_order: Which of its fields comes first.
        checksum: Checksum of its samples.
        is_key: Whether decoding can begin with it, as far as the decoder knows.
        picture_type: How it was coded: "I", "P", "B" or another letter, "?" where unknown.
    """

    pts: int
    stated_pts: int | None
    duration: int | None
    field_order: FieldOrder
    checksum: int
    is_key: bool
    picture_type: str


@dataclass(frozen=True, slots=True, kw_only=True)
class FrameTable:
    """All frames of a file, in order.

    Attributes:
        entries: One for each frame.
        reorder_depth: Frames that the decoder must hold back to give them in order.
    """

    entries: list[IndexEntry]
    reorder_depth: int
