"""What holds for every frame of a clip, and how a source gives them."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from fractions import Fraction
from types import TracebackType
from typing import Any, Protocol, Self

from vsfilter.frame import Colour, Frame, PixelFormat


@dataclass(frozen=True, slots=True, kw_only=True)
class ClipInfo:
    """What holds for every frame of a clip.

    Attributes:
        width: Columns, in px.
        height: Rows, in px.
        format: How samples are stored.
        colour: What samples mean, as the source states it.
        time_base: Seconds in one unit of pts.
        rate: Average frames a second; None where the source does not say.
        is_rate_assumed: The input states no times: they are the source's guess.
        frame_count: Number of frames; None where only reading to the end can tell.
        expected_frame_count: What the container promises, for showing progress only.
        sample_aspect_ratio: Width of a pixel divided by its height.
        rotation: Degrees counter-clockwise by which a player turns the picture: 0, 90, 180, 270.
        is_flipped: A player mirrors the picture (left to right) before it turns it.
    """

    width: int
    height: int
    format: PixelFormat
    colour: Colour
    time_base: Fraction
    rate: Fraction | None = None
    is_rate_assumed: bool = False
    frame_count: int | None = None
    expected_frame_count: int | None = None
    sample_aspect_ratio: Fraction = Fraction(1)
    rotation: int = 0
    is_flipped: bool = False


class ClipReader(Protocol):
    """An open source: iterate it once for the frames in order of pts, then close it."""

    @property
    def info(self) -> ClipInfo:
        """What holds for every frame."""

    def __iter__(self) -> Iterator[Frame]:
        """Give the frames in order of pts, each once."""

    def close(self) -> None:
        """Release files, decoders and threads; safe to call twice."""

    def __enter__(self) -> Self:
        """Return the reader itself."""

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
        /,
    ) -> Any:  # Any: a reader may or may not return a bool, as typeshed's own protocols do
        """Close the reader."""
