"""Weights files of EDVR: their keys, and the architecture that their tensors show."""

import re
from collections.abc import Iterable, Mapping
from typing import Any

from torch import Tensor

from vsfilter.weights import Checkpoint, blame_weights, load_strictly

from .architecture import Architecture
from .edvr import EDVR
from .options import parse_options
from .upsample import TAIL_RENAMES, read_tail_width

# mmediting and mmagic wrap most convolutions and name some parts differently
RENAMES = (
    (r"(^|\.)feat_l(\d)_conv(\d)\.conv\.", r"\1conv_l\2_\3."),
    (r"(^|\.)pcd_alignment\.", r"\1pcd_align."),
    (r"((?:offset_conv\d|feat_conv)\.l\d|cas_offset_conv\d)\.conv\.", r"\1."),
    (r"(fusion\.(?:feat_fusion|spatial_attn\w+))\.conv\.", r"\1."),
    *TAIL_RENAMES,
)
OUTSIDE_FEATURES = ("features.", "reconstruction.", "tail.")
MMAGIC_CENTER = 2
"""mmagic restores frame 2 of the window, unless told otherwise; BasicSR the middle one."""


def rename_feature_key(key: str) -> str:
    """Give a key of the part before the reconstruction its name in BasicSR's release."""
    for pattern, replacement in RENAMES:
        key = re.sub(pattern, replacement, key)
    return key


def rename[Value](state: Mapping[str, Value]) -> dict[str, Value]:
    """Give the keys of either official release the names that `EDVR` uses."""
    renamed = {rename_feature_key(key): value for key, value in state.items()}
    return {
        key if key.startswith(OUTSIDE_FEATURES) else f"features.{key}": value
        for key, value in renamed.items()
    }


def recognises(keys: Iterable[str]) -> bool:
    """Tell whether the keys are EDVR's: pyramid, alignment and reconstruction, at the top."""
    keys = set(rename(dict.fromkeys(keys)))
    return {
        "features.conv_l3_2.weight",
        "features.pcd_align.cas_dcnpack.weight",
        "tail.conv_last.weight",
    } <= keys


def read_features(state: Mapping[str, Tensor], prefix: str) -> Architecture:
    """Read the part before the reconstruction off its tensors, after renaming.

    Args:
        state: Tensors by key.
        prefix: What precedes the keys of that part, with its dot.

    Raises:
        KeyError: A tensor that tells is missing.
    """
    channels = state[f"{prefix}conv_l3_2.weight"].shape[0]
    has_tsa = f"{prefix}fusion.feat_fusion.weight" in state
    fusion = state[f"{prefix}fusion.{'feat_fusion.' if has_tsa else ''}weight"]
    offsets = state[f"{prefix}pcd_align.cas_dcnpack.conv_offset.weight"]
    taps = offsets.shape[2] * offsets.shape[3]
    return Architecture(
        channels=channels,
        frames=fusion.shape[1] // channels,
        groups=offsets.shape[0] // (3 * taps),
        extract_blocks=_count(state, rf"{re.escape(prefix)}feature_extraction\.(\d+)\."),
        has_tsa=has_tsa,
        has_predeblur=f"{prefix}predeblur.conv_first.weight" in state,
        is_hr_in=f"{prefix}predeblur.stride_conv_hr1.weight" in state,
    )


def read_options(checkpoint: Checkpoint) -> dict[str, Any]:  # Any: values of several types
    """Read the architecture of a published checkpoint off its tensors, and its makers' habits."""
    state = rename(checkpoint.state)
    design = read_features(state, "features.")
    options = {
        **{name: getattr(design, name) for name in Architecture.__dataclass_fields__},
        "reconstruct_blocks": _count(state, r"reconstruction\.(\d+)\."),
        "tail_width": read_tail_width(state),
    }
    if is_of_mmagic(checkpoint.state) and options["frames"] > MMAGIC_CENTER:
        options["center"] = MMAGIC_CENTER
    return options


def _count(state: Iterable[str], pattern: str) -> int:
    return len({match[1] for key in state if (match := re.match(pattern, key))})


def load_network(checkpoint: Checkpoint, chosen: Mapping[str, Any]) -> EDVR:
    """Make the network that a checkpoint describes, with its weights.

    Args:
        checkpoint: A weights file.
        chosen: What no tensor shows, as the user wants it: `center` and `padding`, or less.

    Raises:
        WeightsError: The file is of another architecture, or lacks or has surplus tensors.
        OptionError: `chosen` has a value that does not fit the network.
    """
    state = rename(checkpoint.state)
    with blame_weights(checkpoint, name="EDVR"):
        if checkpoint.layout == "vsfilter":
            options = dict(checkpoint.header["options"])
        else:
            options = read_options(checkpoint)
        design = parse_options(options)
    if chosen:  # what is wrong with these is not the file's fault
        design = parse_options({**options, **chosen})
    return load_strictly(checkpoint, state, lambda: EDVR(design), name="EDVR")


def is_of_mmagic(keys: Iterable[str]) -> bool:
    """Tell whether official keys are those of mmediting and mmagic."""
    return any("feat_l2_conv1.conv." in key for key in keys)
