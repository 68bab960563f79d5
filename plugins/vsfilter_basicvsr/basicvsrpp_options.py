"""What makes one BasicVSR++ differ from another."""

from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from typing import Any

from vsfilter.errors import OptionError

from .basicvsrpp import SHRINK, Shape
from .options import check_flow, check_whole_numbers, refuse_unknown

MODEL = "BasicVSR++"
LEAST = {
    "channels": 1,
    "blocks": 0,
    "scale": 1,
    "extract_blocks": 0,
    "reconstruct_blocks": 0,
    "groups": 2,
    "tail_width": 1,
}
LEAST_FLOW = {"flow_levels": 1, "flow_kernel": 1, "flow_finest": 0}


@dataclass(frozen=True, slots=True, kw_only=True)
class PlusPlusOptions:
    """What makes one BasicVSR++ differ from another; recorded in the header of our own files.

    In a header the sizes of `shape` stand beside the others.

    Attributes:
        shape: Sizes of all but the flow.
        flow_levels: Pyramid levels of the flow.
        flow_widths: Channels of the flow's hidden layers.
        flow_kernel: Side of the flow's convolutions, in px.
        flow_finest: Halvings at the flow's finest level.
    """

    shape: Shape = field(default_factory=Shape)
    flow_levels: int = 6
    flow_widths: tuple[int, ...] = (32, 64, 32, 16)
    flow_kernel: int = 7
    flow_finest: int = 0

    def __post_init__(self) -> None:
        """Refuse values of which no network can be made.

        Raises:
            OptionError: A value is of another type or out of its range.
        """
        shape = self.shape
        check_whole_numbers(shape, LEAST, model=MODEL)
        check_whole_numbers(self, LEAST_FLOW, model=MODEL)
        check_flow(self.flow_widths, self.flow_kernel, model=MODEL)
        if shape.scale not in (1, SHRINK):
            raise OptionError(f"{MODEL} option scale is {shape.scale}: give 1 or {SHRINK}")
        if shape.groups % 2 or 2 * shape.channels % shape.groups:
            raise OptionError(
                f"{MODEL} option groups is {shape.groups}: give an even number that divides "
                f"{2 * shape.channels}, twice the channels"
            )
        residue = shape.max_residue_magnitude
        if type(residue) not in (int, float) or not 0 <= residue < float("inf"):
            raise OptionError(
                f"{MODEL} option max_residue_magnitude is {residue!r}: give a number of px from 0"
            )


def parse_options(values: Mapping[str, Any]) -> PlusPlusOptions:  # Any: JSON or TOML values
    """Check the options that a header or a recipe states.

    Raises:
        OptionError: An option is unknown or has a wrong value.
    """
    sizes = {item.name for item in fields(Shape)}
    flow = {item.name for item in fields(PlusPlusOptions)} - {"shape"}
    refuse_unknown(values, sizes | flow, model=MODEL)
    own = {name: value for name, value in values.items() if name in flow}
    if isinstance(own.get("flow_widths"), list):
        own["flow_widths"] = tuple(own["flow_widths"])
    shape = Shape(**{name: value for name, value in values.items() if name in sizes})
    return PlusPlusOptions(shape=shape, **own)
