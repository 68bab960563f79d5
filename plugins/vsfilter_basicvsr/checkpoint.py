"""Weights files of BasicVSR: their keys, and the architecture that their tensors show."""

import re
from collections.abc import Iterable, Mapping

from torch import Tensor

from vsfilter.weights import Checkpoint, load_strictly
from vsfilter_edvr.upsample import TAIL_RENAMES, read_tail_width

from .basicvsr import BasicVSR
from .options import Options, parse_options
from .spynet import SpyNet
from .tensor_sizes import count_blocks, read_flow_shape, rename_spynet_key

# mmediting and mmagic wrap each convolution and name some parts differently
RENAMES = (
    (r"^backward_resblocks\.", "backward_trunk."),
    (r"^forward_resblocks\.", "forward_trunk."),
    *TAIL_RENAMES,
)


def build(options: Options) -> BasicVSR:
    """Make the network, untrained."""
    flow = SpyNet(
        levels=options.flow_levels,
        widths=options.flow_widths,
        kernel=options.flow_kernel,
        finest=options.flow_finest,
    )
    return BasicVSR(
        channels=options.channels,
        blocks=options.blocks,
        scale=options.scale,
        flow=flow,
        tail_width=options.tail_width,
        fold=options.fold,
    )


def recognises(keys: Iterable[str]) -> bool:
    """Tell whether the keys are BasicVSR's: two trunks, one fusion, no keyframes, no cleaning."""
    keys = set(rename(dict.fromkeys(keys)))
    has_trunks = {"backward_trunk.main.0.weight", "forward_trunk.main.0.weight"} <= keys
    is_kin = any(key.startswith(("edvr.", "image_cleaning.", "backward_fusion.")) for key in keys)
    return has_trunks and "fusion.weight" in keys and not is_kin


def rename[Value](state: Mapping[str, Value]) -> dict[str, Value]:
    """Give the keys of either official release the names that `BasicVSR` uses."""
    return {_rename_key(key): value for key, value in state.items()}


def _rename_key(key: str) -> str:
    for pattern, replacement in RENAMES:
        key = re.sub(pattern, replacement, key)
    return rename_spynet_key(key)


def read_options(state: Mapping[str, Tensor]) -> Options:
    """Read the architecture of a published checkpoint off its tensors, after `rename`."""
    flow = read_flow_shape(state)
    upconvs = [key for key in state if re.match(r"tail\.upconv\d\.weight", key)]
    tail_width, last = read_tail_width(state), state["tail.conv_last.weight"]
    return Options(
        channels=state["fusion.weight"].shape[0],
        blocks=count_blocks(state, "backward_trunk"),
        scale=2 ** len(upconvs) if tail_width else round((last.shape[0] / 3) ** 0.5),
        tail_width=tail_width,
        flow_levels=flow.levels,
        flow_widths=flow.widths,
        flow_kernel=flow.kernel,
    )


def load_network(checkpoint: Checkpoint) -> BasicVSR:
    """Make the network that a checkpoint describes, with its weights.

    Raises:
        WeightsError: The file is of another architecture, or lacks or has surplus tensors.
    """
    state = rename(checkpoint.state)

    def make() -> BasicVSR:
        if checkpoint.layout == "vsfilter":
            return build(parse_options(checkpoint.header["options"]))
        return build(read_options(state))

    return load_strictly(checkpoint, state, make, name="BasicVSR")
