"""What makes one IconVSR differ from another."""

from collections.abc import Mapping
from dataclasses import dataclass, fields
from typing import Any

from vsfilter.errors import OptionError

from .options import check_flow, check_whole_numbers, refuse_unknown

MODEL = "IconVSR"
LEAST = {
    "channels": 1,
    "blocks": 0,
    "frames": 1,
    "groups": 1,
    "extract_blocks": 0,
    "keyframe_stride": 1,
    "flow_levels": 1,
    "flow_kernel": 1,
    "flow_finest": 0,
}


@dataclass(frozen=True, slots=True, kw_only=True)
class IconOptions:
    """What makes one IconVSR differ from another; recorded in the header of our own files.

    Attributes:
        channels: Channels of the features.
        blocks: Residual blocks in each direction.
        frames: Frames from which the features of a keyframe are made, odd.
        groups: Deformable groups.
        extract_blocks: Residual blocks that see each frame around a keyframe alone.
        keyframe_stride: Frames from one keyframe to the next; no tensor shows it.
        flow_levels: Pyramid levels of the flow.
        flow_widths: Channels of the flow's hidden layers.
        flow_kernel: Side of the flow's convolutions, in px.
        flow_finest: Halvings at the flow's finest level.
    """

    channels: int = 64
    blocks: int = 30
    frames: int = 5
    groups: int = 8
    extract_blocks: int = 5
    keyframe_stride: int = 5
    flow_levels: int = 6
    flow_widths: tuple[int, ...] = (32, 64, 32, 16)
    flow_kernel: int = 7
    flow_finest: int = 0

    def __post_init__(self) -> None:
        """Refuse values of which no network can be made.

        Raises:
            OptionError: A value is of another type or out of its range.
        """
        check_whole_numbers(self, LEAST, model=MODEL)
        check_flow(self.flow_widths, self.flow_kernel, model=MODEL)
        if self.frames % 2 == 0:
            raise OptionError(f"{MODEL} option frames is {self.frames}: give an odd number")
        if self.channels % self.groups:
            raise OptionError(
                f"{MODEL} option groups is {self.groups}: give a divisor of channels "
                f"({self.channels})"
            )


def parse_options(values: Mapping[str, Any]) -> IconOptions:  # Any: JSON or TOML values
    """Check the options that a header, a recipe or a user states.

    Raises:
        OptionError: An option is unknown or has a wrong value.
    """
    refuse_unknown(values, {field.name for field in fields(IconOptions)}, model=MODEL)
    values = dict(values)
    if isinstance(values.get("flow_widths"), list):
        values["flow_widths"] = tuple(values["flow_widths"])
    return IconOptions(**values)
