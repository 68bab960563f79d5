"""Weights files of BasicVSR++: their keys, and the architecture that their tensors show."""

from collections.abc import Iterable, Mapping

from torch import Tensor

from vsfilter.weights import Checkpoint, load_strictly

from .basicvsrpp import BRANCHES, SHRINK, BasicVSRPlusPlus, Shape
from .basicvsrpp_options import PlusPlusOptions, parse_options
from .checkpoint import rename
from .spynet import SpyNet
from .tensor_sizes import count_blocks, read_flow_shape

TAPS = 9  # of a deformable convolution; each has two offsets and a mask


def build(options: PlusPlusOptions) -> BasicVSRPlusPlus:
    """Make the network, untrained."""
    flow = SpyNet(
        levels=options.flow_levels,
        widths=options.flow_widths,
        kernel=options.flow_kernel,
        finest=options.flow_finest,
    )
    return BasicVSRPlusPlus(options.shape, flow=flow)


def recognises(keys: Iterable[str]) -> bool:
    """Tell whether the keys are BasicVSR++'s: four branches, each with its alignment."""
    keys = set(keys)
    parts = [f"backbone.{branch}.main.0.weight" for branch in BRANCHES]
    parts += [f"deform_align.{branch}.conv_offset.6.weight" for branch in BRANCHES]
    return keys.issuperset((*parts, "reconstruction.main.0.weight"))


def read_options(state: Mapping[str, Tensor]) -> PlusPlusOptions:
    """Read the architecture of a published checkpoint off its tensors, after `rename`."""
    flow = read_flow_shape(state)
    is_low_res_input = "feat_extract.main.0.weight" in state
    offsets = state[f"deform_align.{BRANCHES[0]}.conv_offset.6.weight"]
    shape = Shape(
        channels=state["reconstruction.main.0.weight"].shape[0],
        blocks=count_blocks(state, f"backbone.{BRANCHES[0]}"),
        scale=SHRINK if is_low_res_input else 1,
        extract_blocks=count_blocks(
            state, "feat_extract" if is_low_res_input else "feat_extract.4"
        ),
        reconstruct_blocks=count_blocks(state, "reconstruction"),
        groups=offsets.shape[0] // (3 * TAPS),
        tail_width=state["tail.conv_last.weight"].shape[1],
    )
    return PlusPlusOptions(
        shape=shape,
        flow_levels=flow.levels,
        flow_widths=flow.widths,
        flow_kernel=flow.kernel,
    )


def load_network(checkpoint: Checkpoint) -> BasicVSRPlusPlus:
    """Make the network that a checkpoint describes, with its weights.

    Raises:
        WeightsError: The file is of another architecture, or lacks or has surplus tensors.
    """
    state = rename(checkpoint.state)

    def make() -> BasicVSRPlusPlus:
        if checkpoint.layout == "vsfilter":
            return build(parse_options(checkpoint.header["options"]))
        return build(read_options(state))

    return load_strictly(checkpoint, state, make, name="BasicVSR++")
