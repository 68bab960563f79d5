"""What makes one RealBasicVSR differ from another, and how it is used."""

from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from typing import Any

from vsfilter.errors import OptionError
from vsfilter_basicvsr.options import Options as BasicVSROptions
from vsfilter_basicvsr.options import check_whole_numbers, refuse_unknown
from vsfilter_basicvsr.options import parse_options as parse_basicvsr_options

LEAST = {"cleaning_channels": 1, "cleaning_blocks": 0}
PAPER_BLOCKS = 20  # in each direction; BasicVSR's own paper has 30


@dataclass(frozen=True, slots=True, kw_only=True)
class Options:
    """What makes one RealBasicVSR differ from another; recorded in the header of our own files.

    In a header the options of BasicVSR stand beside the others.

    Attributes:
        cleaning_channels: Channels of the cleaning module's features.
        cleaning_blocks: Residual blocks of the cleaning module.
        basicvsr: Options of the BasicVSR that restores the cleaned frames.
    """

    cleaning_channels: int = 64
    cleaning_blocks: int = 20
    basicvsr: BasicVSROptions = field(default_factory=lambda: BasicVSROptions(blocks=PAPER_BLOCKS))

    def __post_init__(self) -> None:
        """Refuse values of which no network can be made.

        Raises:
            OptionError: A value is of another type or out of its range.
        """
        check_whole_numbers(self, LEAST, model="RealBasicVSR")


@dataclass(frozen=True, slots=True, kw_only=True)
class Refinement:
    """How often and in what order frames are cleaned; no tensor shows it.

    Attributes:
        refine_threshold: Mean absolute change below which cleaning stops, in grey levels from 0
            to 255. 255 cleans once, as the official inference does; the authors recommend 5 for
            weights trained with a GAN and 1.5 for others. Below 255 each window, and each tile of
            a large picture, decides for itself.
        sequential_cleaning: Clean frame by frame, which needs the least memory.
    """

    refine_threshold: float = 255.0
    sequential_cleaning: bool = False

    def __post_init__(self) -> None:
        """Refuse what is no threshold or no choice.

        Raises:
            OptionError: A value is of another type or out of its range.
        """
        threshold = self.refine_threshold
        if type(threshold) not in (int, float) or not 0 <= threshold <= 255:
            raise OptionError(
                f"RealBasicVSR option refine_threshold is {threshold!r}: "
                "give a number from 0 to 255"
            )
        if type(self.sequential_cleaning) is not bool:
            raise OptionError(
                f"RealBasicVSR option sequential_cleaning is {self.sequential_cleaning!r}: "
                "give True or False"
            )


def parse_options(values: Mapping[str, Any]) -> Options:  # Any: JSON or TOML values
    """Check the architecture that a header or a recipe states.

    Raises:
        OptionError: An option is unknown or has a wrong value.
    """
    inner = {item.name for item in fields(BasicVSROptions)}
    refuse_unknown(values, inner | set(LEAST), model="RealBasicVSR")
    own = {name: value for name, value in values.items() if name in LEAST}
    rest = {name: value for name, value in values.items() if name in inner}
    return Options(**own, basicvsr=parse_basicvsr_options({"blocks": PAPER_BLOCKS, **rest}))


def parse_refinement(values: Mapping[str, Any]) -> Refinement:  # Any: the user's options
    """Check the options that are given when a model is loaded.

    Raises:
        OptionError: An option is unknown or has a wrong value.
    """
    refuse_unknown(values, {item.name for item in fields(Refinement)}, model="RealBasicVSR")
    return Refinement(**values)
