"""Reading sizes off tensors, and loading a network with exactly the tensors of a file."""

import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass

from torch import Tensor, nn

from vsfilter.errors import OptionError, WeightsError
from vsfilter.weights import Checkpoint

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


def load_strictly[Network: nn.Module](
    checkpoint: Checkpoint,
    state: Mapping[str, Tensor],
    make: Callable[[], Network],
    *,
    name: str,
) -> Network:
    """Make a network and give it the tensors of a file, all of them and no others.

    Args:
        checkpoint: The file, for messages.
        state: Its tensors under the network's own names.
        make: Makes the network that the file describes, untrained.
        name: Name of the architecture, for messages.

    Raises:
        WeightsError: The file is of another architecture, or lacks or has surplus tensors.
    """
    try:
        network = make()
        missing, unexpected = network.load_state_dict(state, strict=False)
    except (KeyError, IndexError, RuntimeError, OptionError) as error:
        reason = str(error).splitlines()[-1].strip()
        raise WeightsError(
            f"weights '{checkpoint.path}' are not of {name}: {reason}; "
            "let vsfilter find the model with --model auto"
        ) from error
    if missing or unexpected:
        raise WeightsError(
            f"weights '{checkpoint.path}' are not of {name}: {len(missing)} keys are missing "
            f"(first: {_first(missing)}), {len(unexpected)} are unknown "
            f"(first: {_first(unexpected)})"
        )
    return network


def _first(keys: Iterable[str]) -> str:
    return next((f"'{key}'" for key in keys), "none")
