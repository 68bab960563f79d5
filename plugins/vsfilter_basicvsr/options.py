"""What makes one BasicVSR differ from another."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, fields
from typing import Any

from vsfilter.errors import OptionError

LEAST = {
    "channels": 1,
    "blocks": 0,
    "scale": 1,
    "tail_width": 0,
    "flow_levels": 1,
    "flow_kernel": 1,
    "flow_finest": 0,
    "fold": 1,
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Options:
    """What makes one BasicVSR differ from another; recorded in the header of our own files.

    Attributes:
        channels: Channels of the features.
        blocks: Residual blocks in each direction.
        scale: Whole upscaling factor.
        tail_width: Channels at the final size; 0 for the one-convolution tail.
        flow_levels: Pyramid levels of the flow.
        flow_widths: Channels of the flow's hidden layers.
        flow_kernel: Side of the flow's convolutions, in px.
        flow_finest: Halvings at the flow's finest level.
        fold: Features are at 1 / fold of the input's size.
    """

    channels: int = 64
    blocks: int = 30
    scale: int = 4
    tail_width: int = 64
    flow_levels: int = 6
    flow_widths: tuple[int, ...] = (32, 64, 32, 16)
    flow_kernel: int = 7
    flow_finest: int = 0
    fold: int = 1

    def __post_init__(self) -> None:
        """Refuse values of which no network can be made.

        Raises:
            OptionError: A value is of another type or out of its range.
        """
        check_whole_numbers(self, LEAST, model="BasicVSR")
        check_flow(self.flow_widths, self.flow_kernel, model="BasicVSR")
        if self.tail_width and (self.scale not in (2, 4) or self.fold > 1):
            raise OptionError(
                f"BasicVSR has no wide tail for scale {self.scale} and fold {self.fold}: give "
                "scale 2 or 4 and fold 1, or tail_width 0"
            )


def parse_options(values: Mapping[str, Any]) -> Options:  # Any: JSON or TOML values
    """Check the options that a header or a recipe states.

    Raises:
        OptionError: An option is unknown or has a wrong value.
    """
    refuse_unknown(values, {field.name for field in fields(Options)}, model="BasicVSR")
    values = dict(values)
    if isinstance(values.get("flow_widths"), list):
        values["flow_widths"] = tuple(values["flow_widths"])
    return Options(**values)


def check_flow(widths: object, kernel: int, *, model: str) -> None:
    """Refuse sizes of which no flow network can be made.

    Raises:
        OptionError: The widths are no whole numbers, or the kernel has no centre.
    """
    if not isinstance(widths, tuple) or not all(type(n) is int and n >= 1 for n in widths):
        raise OptionError(f"{model} option flow_widths is {widths!r}: give whole numbers")
    if kernel % 2 == 0:
        raise OptionError(f"{model} option flow_kernel is {kernel}: give an odd one")


def refuse_unknown(values: Mapping[str, object], known: Collection[str], *, model: str) -> None:
    """Refuse options that a model does not have.

    Raises:
        OptionError: There is one.
    """
    if unknown := sorted(set(values) - set(known)):
        raise OptionError(
            f"{model} has no option {unknown[0]!r}: choose from {', '.join(sorted(known))}"
        )


def check_whole_numbers(options: object, least: Mapping[str, int], *, model: str) -> None:
    """Hold attributes of `options` to be whole numbers, each from its least value on.

    Raises:
        OptionError: One is of another type or too small.
    """
    for name, minimum in least.items():
        value = getattr(options, name)
        if type(value) is not int or value < minimum:
            raise OptionError(
                f"{model} option {name} is {value!r}: give a whole number from {minimum}"
            )
