"""What holds for every frame of a clip, and how a source gives them."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from fractions import Fraction
from itertools import islice
from types import TracebackType
from typing import Any, Protocol, Self, runtime_checkable

from vsfilter.frame import Colour, Frame, PixelFormat
from vsfilter.hdr import HdrMetadata


@dataclass(frozen=True, slots=True, kw_only=True)
class TimeRange:
    """A part of the time of an input, in s on its own clock, on which it need not begin at 0.

    Attributes:
        start_s: Where it begins.
        end_s: Where it ends; None for the end of the input.
        is_end_exact: Else the end is an estimate, by the average rate.
    """

    start_s: Fraction
    end_s: Fraction | None
    is_end_exact: bool = True


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
        has_alpha: Frames have an alpha plane.
        has_captions: The first frame has closed captions.
        hdr: The mastering display and the light level of the content, as far as they are known.
        dynamic_metadata: Names of metadata for each frame that cannot outlive a change of the
            picture: "HDR10+", "Dolby Vision".
        view_metadata: Names of what metadata say about how the picture is looked at:
            "360-degree video", "stereoscopic video".
        covers: The part of the input that the clip shows; None for all of it.
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
    has_alpha: bool = False
    has_captions: bool = False
    hdr: HdrMetadata = field(default_factory=HdrMetadata)
    dynamic_metadata: tuple[str, ...] = ()
    view_metadata: tuple[str, ...] = ()
    covers: TimeRange | None = None


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


@runtime_checkable
class SkippingReader(ClipReader, Protocol):
    """A reader that can begin in the middle without making the frames before."""

    def frames_from(self, number: int) -> Iterator[Frame]:
        """Give the frames from a number on, as iterating from frame 0 would.

        Args:
            number: Number of the first frame.
        """

    def frame_times(self) -> Iterator[int | None]:
        """Give the pts of each frame, then the end of the last one, without decoding.

        Yields:
            Times in units of the time base; None, as the last item, where the rest is uncertain.
        """


def frames_from(reader: ClipReader, number: int) -> Iterator[Frame]:
    """Give the frames of any reader from a number on; of one that cannot skip, this works once."""
    if isinstance(reader, SkippingReader):
        return reader.frames_from(number)
    return islice(reader, number, None)


def frame_times(reader: ClipReader) -> Iterator[int | None]:
    """Give the times of the frames of any reader, as far as it can; see `SkippingReader`."""
    return reader.frame_times() if isinstance(reader, SkippingReader) else iter([None])
