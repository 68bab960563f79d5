"""Weights files of RealBasicVSR: their keys, and the architecture that their tensors show."""

from collections.abc import Iterable, Mapping

from torch import Tensor

from vsfilter.weights import Checkpoint, load_strictly
from vsfilter_basicvsr import checkpoint as basicvsr
from vsfilter_basicvsr.tensor_sizes import count_blocks

from .options import Options, Refinement, parse_options
from .realbasicvsr import RealBasicVSR

INNER = "basicvsr."


def build(options: Options, refinement: Refinement) -> RealBasicVSR:
    """Make the network, untrained."""
    return RealBasicVSR(
        basicvsr.build(options.basicvsr),
        cleaning_channels=options.cleaning_channels,
        cleaning_blocks=options.cleaning_blocks,
        refine_threshold=refinement.refine_threshold,
        sequential_cleaning=refinement.sequential_cleaning,
    )


def recognises(keys: Iterable[str]) -> bool:
    """Tell whether the keys are RealBasicVSR's: a cleaning module and a whole BasicVSR."""
    keys = dict.fromkeys(keys)
    return "image_cleaning.0.main.0.weight" in keys and basicvsr.recognises(_inner(keys))


def rename[Value](state: Mapping[str, Value]) -> dict[str, Value]:
    """Give mmagic's keys the names that `RealBasicVSR` uses."""
    inner = basicvsr.rename(_inner(state))
    outer = {key: value for key, value in state.items() if not key.startswith(INNER)}
    return {**outer, **{INNER + key: value for key, value in inner.items()}}


def _inner[Value](state: Mapping[str, Value]) -> dict[str, Value]:
    """Give what belongs to the BasicVSR inside, under its own names."""
    return {key.removeprefix(INNER): value for key, value in state.items() if key.startswith(INNER)}


def read_options(state: Mapping[str, Tensor]) -> Options:
    """Read the architecture of a published checkpoint off its tensors, after `rename`."""
    return Options(
        cleaning_channels=state["image_cleaning.1.weight"].shape[1],
        cleaning_blocks=count_blocks(state, "image_cleaning.0"),
        basicvsr=basicvsr.read_options(_inner(state)),
    )


def load_network(checkpoint: Checkpoint, refinement: Refinement) -> RealBasicVSR:
    """Make the network that a checkpoint describes, with its weights.

    Raises:
        WeightsError: The file is of another architecture, or lacks or has surplus tensors.
    """
    state = rename(checkpoint.state)

    def make() -> RealBasicVSR:
        if checkpoint.layout == "vsfilter":
            return build(parse_options(checkpoint.header["options"]), refinement)
        return build(read_options(state), refinement)

    return load_strictly(checkpoint, state, make, name="RealBasicVSR")
