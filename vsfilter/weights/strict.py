"""Giving a network exactly the tensors of a weights file; for the `load` of plugins."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from typing import TYPE_CHECKING

from vsfilter.errors import OptionError, PluginError, WeightsError

if TYPE_CHECKING:
    from torch import Tensor, nn

    from .checkpoint import Checkpoint


def load_strictly[Network: nn.Module](
    checkpoint: Checkpoint,
    state: Mapping[str, Tensor],
    make: Callable[[], Network],
    *,
    name: str,
) -> Network:
    """Make a network and give it the tensors of a file, all of them and no others.

    The network is made without memory first: a file of a few bytes may describe one of terabytes.

    Args:
        checkpoint: The file, for messages.
        state: Its tensors under the network's own names.
        make: Makes the network that the file describes, untrained; called twice, once where
            torch's default device has no memory.
        name: Name of the architecture, for messages.

    Raises:
        WeightsError: The file is of another architecture, or lacks or has surplus tensors.
    """
    with blame_weights(checkpoint, name=name):
        outline = _outline(make, name=name)
        _compare_shapes(outline, state)
        missing, unexpected = outline.keys() - state.keys(), state.keys() - outline.keys()
    if missing or unexpected:
        raise WeightsError(
            f"weights '{checkpoint.path}' are not of {name}: {len(missing)} keys are missing "
            f"(first: {_first(missing)}), {len(unexpected)} are unknown "
            f"(first: {_first(unexpected)})"
        )
    with blame_weights(checkpoint, name=name):
        network = make()
        network.load_state_dict(state)
    return network


def _outline(make: Callable[[], nn.Module], *, name: str) -> dict[str, Tensor]:
    """Give the tensors of a network without memory behind them."""
    import torch

    try:
        with torch.device("meta"):
            return make().state_dict()
    except RuntimeError as error:
        if "meta tensor" not in str(error).lower():
            raise
        raise PluginError(
            f"the network of {name} reads values of tensors while it is made ({error}): compute "
            "them with plain numbers there, so that it can be made without memory first"
        ) from error


def _compare_shapes(outline: Mapping[str, Tensor], state: Mapping[str, Tensor]) -> None:
    """Refuse tensors of other shapes than the network's."""
    for key, tensor in state.items():
        if key in outline and outline[key].shape != tensor.shape:
            raise OptionError(
                f"tensor '{key}' has the shape {tuple(tensor.shape)} instead of "
                f"{tuple(outline[key].shape)}"
            )


@contextmanager
def blame_weights(checkpoint: Checkpoint, *, name: str) -> Iterator[None]:
    """Turn what fails when a file is of another architecture than `name` into a WeightsError."""
    try:
        yield
    except (LookupError, RuntimeError, ArithmeticError, ValueError, TypeError) as error:
        reason = (str(error).splitlines() or [type(error).__name__])[-1].strip()
        raise WeightsError(
            f"weights '{checkpoint.path}' are not of {name}: {reason}; "
            "let vsfilter find the model with --model auto"
        ) from error


def _first(keys: Iterable[str]) -> str:
    return next((f"'{key}'" for key in sorted(keys)), "none")
