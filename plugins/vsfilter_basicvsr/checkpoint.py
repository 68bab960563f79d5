"""Weights files of BasicVSR: their keys, and the architecture that their tensors show."""

import re
from collections.abc import Iterable, Mapping

from torch import Tensor

from vsfilter.errors import OptionError, WeightsError
from vsfilter.weights import Checkpoint

from .basicvsr import BasicVSR
from .options import Options, parse_options
from .spynet import SpyNet

# mmediting and mmagic wrap each convolution and name some parts differently
RENAMES = (
    (r"^backward_resblocks\.", "backward_trunk."),
    (r"^forward_resblocks\.", "forward_trunk."),
    (r"^upsample(\d)\.upsample_conv\.", r"tail.upconv\1."),
    (r"^(upconv\d|conv_hr|conv_last)\.", r"tail.\1."),
)
SPYNET_LAYER = re.compile(r"(basic_module\.\d+\.basic_module)\.(\d+)\.conv\.")


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


def rename_spynet_key(key: str) -> str:
    """Turn mmagic's layer number n of SPyNet into BasicSR's 2n, which counts the activations."""
    return SPYNET_LAYER.sub(lambda match: f"{match[1]}.{2 * int(match[2])}.", key)


def read_options(state: Mapping[str, Tensor]) -> Options:
    """Read the architecture of a published checkpoint off its tensors, after `rename`."""
    channels = state["fusion.weight"].shape[0]
    blocks = {
        match[1]
        for match in (re.match(r"backward_trunk\.main\.2\.(\d+)\.", key) for key in state)
        if match
    }
    first_level = [
        (int(match[1]), tensor)
        for match, tensor in (
            (re.match(r"spynet\.basic_module\.0\.basic_module\.(\d+)\.weight", key), tensor)
            for key, tensor in state.items()
        )
        if match
    ]
    layers = [tensor for _, tensor in sorted(first_level, key=lambda item: item[0])]
    levels = {key.split(".")[2] for key in state if key.startswith("spynet.basic_module.")}
    upconvs = [key for key in state if re.match(r"tail\.upconv\d\.weight", key)]
    has_wide_tail = "tail.conv_hr.weight" in state
    last = state["tail.conv_last.weight"]
    return Options(
        channels=channels,
        blocks=len(blocks),
        scale=2 ** len(upconvs) if has_wide_tail else round((last.shape[0] / 3) ** 0.5),
        tail_width=last.shape[1] if has_wide_tail else 0,
        flow_levels=len(levels),
        flow_widths=tuple(layer.shape[0] for layer in layers[:-1]),
        flow_kernel=layers[0].shape[-1],
    )


def load_network(checkpoint: Checkpoint) -> BasicVSR:
    """Make the network that a checkpoint describes, with its weights.

    Raises:
        WeightsError: The file is of another architecture, or lacks or has surplus tensors.
    """
    state = rename(checkpoint.state)
    try:
        options = (
            parse_options(checkpoint.header["options"])
            if checkpoint.layout == "vsfilter"
            else read_options(state)
        )
        network = build(options)
        missing, unexpected = network.load_state_dict(state, strict=False)
    except (KeyError, IndexError, RuntimeError, OptionError) as error:
        reason = str(error).splitlines()[-1].strip()
        raise WeightsError(
            f"weights '{checkpoint.path}' are not of BasicVSR: {reason}; "
            "let vsfilter find the model with --model auto"
        ) from error
    if missing or unexpected:
        raise WeightsError(
            f"weights '{checkpoint.path}' are not of BasicVSR: {len(missing)} keys are missing "
            f"(first: {_first(missing)}), {len(unexpected)} are unknown "
            f"(first: {_first(unexpected)})"
        )
    return network


def _first(keys: Iterable[str]) -> str:
    return next((f"'{key}'" for key in keys), "none")
