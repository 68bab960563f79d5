"""Reading sizes off the tensors of recurrent networks."""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from torch import Tensor

SPYNET_LAYER = re.compile(r"(basic_module\.\d+\.basic_module)\.(\d+)\.conv\.")


@dataclass(frozen=True, slots=True, kw_only=True)
class FlowShape:
    """What the tensors of a SPyNet show.

    Attributes:
        levels: Pyramid levels.
        widths: Channels of the hidden layers.
        kernel: Side of the convolutions, in px.
    """

    levels: int
    widths: tuple[int, ...]
    kernel: int


def read_flow_shape(state: Mapping[str, Tensor]) -> FlowShape:
    """Read the sizes of `spynet.*`, its keys being those of `SpyNet`."""
    numbered = {}
    for key, tensor in state.items():
        if match := re.match(r"spynet\.basic_module\.0\.basic_module\.(\d+)\.weight", key):
            numbered[int(match[1])] = tensor
    layers = [tensor for _, tensor in sorted(numbered.items(), key=lambda item: item[0])]
    levels = {key.split(".")[2] for key in state if key.startswith("spynet.basic_module.")}
    return FlowShape(
        levels=len(levels),
        widths=tuple(layer.shape[0] for layer in layers[:-1]),
        kernel=layers[0].shape[-1],
    )


def rename_spynet_key(key: str) -> str:
    """Turn mmagic's layer number n of SPyNet into BasicSR's 2n, which counts the activations."""
    return SPYNET_LAYER.sub(lambda match: f"{match[1]}.{2 * int(match[2])}.", key)


def count_blocks(keys: Iterable[str], trunk: str) -> int:
    """Count the residual blocks of the `Trunk` at `trunk`, such as "backward_trunk"."""
    pattern = re.compile(rf"{re.escape(trunk)}\.main\.2\.(\d+)\.")
    return len({match[1] for match in map(pattern.match, keys) if match})
