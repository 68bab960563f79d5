"""What a file says about the display that it was mastered on, and about its light levels."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import batched

from av.sidedata.sidedata import Type as SideDataType
from av.video.frame import VideoFrame


@dataclass(frozen=True, slots=True, kw_only=True)
class MasteringPrimaries:
    """The colours of the display, as CIE 1931 coordinates in the order of the file.

    Attributes:
        x: Of the three primaries.
        y: Of the three primaries.
        white_x: Of its white.
        white_y: Of its white.
    """

    x: tuple[float, ...]
    y: tuple[float, ...]
    white_x: float
    white_y: float


@dataclass(frozen=True, slots=True, kw_only=True)
class HdrMetadata:
    """Static HDR metadata (SMPTE ST 2086 and CTA-861.3); None for what is not stated.

    Attributes:
        primaries: The colours of the display.
        luminance: Its darkest and its brightest light, in cd/m2.
        light_levels: Brightest pixel and brightest average of a frame, in cd/m2.
    """

    primaries: MasteringPrimaries | None = None
    luminance: tuple[float, float] | None = None
    light_levels: tuple[int, int] | None = None


def read_hdr_metadata(picture: VideoFrame) -> HdrMetadata:
    """Read it off a decoded picture.

    FFmpeg's structure holds ten rationals (three primaries x and y, white x and y, darkest,
    brightest) and two flags that say which of them count (libavutil/mastering_display_metadata.h).
    """
    primaries, luminance, light_levels = None, None, None
    display = picture.side_data.get(SideDataType.MASTERING_DISPLAY_METADATA)
    if display is not None:
        *terms, has_primaries, has_luminance = memoryview(bytes(display)).cast("i")
        values = [above / below if below else 0.0 for above, below in batched(terms, 2)]
        if has_primaries:
            primaries = MasteringPrimaries(
                x=tuple(values[0:6:2]), y=tuple(values[1:6:2]), white_x=values[6], white_y=values[7]
            )
        if has_luminance:
            luminance = (values[8], values[9])
    content = picture.side_data.get(SideDataType.CONTENT_LIGHT_LEVEL)
    if content is not None:
        brightest, average = memoryview(bytes(content)).cast("I")[:2]
        light_levels = (brightest, average)
    return HdrMetadata(primaries=primaries, luminance=luminance, light_levels=light_levels)
