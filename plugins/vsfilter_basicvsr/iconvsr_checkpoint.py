"""Weights files of IconVSR: their keys, and the architecture that their tensors show."""

from collections.abc import Iterable, Mapping
from dataclasses import replace

from torch import Tensor

from vsfilter.weights import Checkpoint, load_strictly
from vsfilter_edvr.architecture import Architecture
from vsfilter_edvr.checkpoint import read_features, rename_feature_key

from . import checkpoint as basicvsr
from .iconvsr import IconVSR
from .iconvsr_options import IconOptions, parse_options
from .spynet import SpyNet
from .tensor_sizes import count_blocks, read_flow_shape

EXTRACTOR = "edvr."


def build(options: IconOptions) -> IconVSR:
    """Make the network, untrained."""
    design = Architecture(
        channels=options.channels,
        frames=options.frames,
        groups=options.groups,
        extract_blocks=options.extract_blocks,
    )
    flow = SpyNet(
        levels=options.flow_levels,
        widths=options.flow_widths,
        kernel=options.flow_kernel,
        finest=options.flow_finest,
    )
    return IconVSR(
        design, blocks=options.blocks, keyframe_stride=options.keyframe_stride, flow=flow
    )


def recognises(keys: Iterable[str]) -> bool:
    """Tell whether the keys are IconVSR's: an EDVR, and a fusion in each direction."""
    parts = {"edvr.conv_first.weight", "backward_fusion.weight", "forward_fusion.weight"}
    return parts <= set(keys)


def rename[Value](state: Mapping[str, Value]) -> dict[str, Value]:
    """Give the keys of either official release the names that `IconVSR` uses."""
    return {
        rename_feature_key(key) if key.startswith(EXTRACTOR) else key: value
        for key, value in basicvsr.rename(state).items()
    }


def read_options(state: Mapping[str, Tensor]) -> IconOptions:
    """Read the architecture of a published checkpoint off its tensors, after `rename`."""
    design = read_features(state, EXTRACTOR)
    flow = read_flow_shape(state)
    return IconOptions(
        channels=design.channels,
        blocks=count_blocks(state, "backward_trunk"),
        frames=design.frames,
        groups=design.groups,
        extract_blocks=design.extract_blocks,
        flow_levels=flow.levels,
        flow_widths=flow.widths,
        flow_kernel=flow.kernel,
    )


def load_network(checkpoint: Checkpoint, *, keyframe_stride: int | None) -> IconVSR:
    """Make the network that a checkpoint describes, with its weights.

    Args:
        checkpoint: A weights file.
        keyframe_stride: Frames from one keyframe to the next; None for the file's own, or 5.

    Raises:
        WeightsError: The file is of another architecture, or lacks or has surplus tensors.
    """
    state = rename(checkpoint.state)

    def make() -> IconVSR:
        if checkpoint.layout == "vsfilter":
            options = parse_options(checkpoint.header["options"])
        else:
            options = read_options(state)
        if keyframe_stride is not None:
            options = replace(options, keyframe_stride=keyframe_stride)
        return build(options)

    return load_strictly(checkpoint, state, make, name="IconVSR")
