"""Starting from the weights of another network, also from a shallower one."""

import logging
from collections.abc import Mapping, Sequence

from torch import Tensor, nn

from vsfilter.engine.load import load
from vsfilter.errors import OptionError

from .growth import grown, repeated
from .settings import ModelSettings

log = logging.getLogger(__name__)


def start_from(module: nn.Module, settings: ModelSettings) -> None:
    """Give a network the weights from which a recipe starts.

    Tensors of the same name and shape are taken; where there are none, by a part of the network:
    RealBasicVSR has a BasicVSR in it, and can start from one. Where a chain of blocks is longer
    than that of the other network, its blocks are repeated: block n gets the weights of block n
    modulo their number, or with `start_grows` little to do at first, see `grown`. What the other
    network lacks stays as it is, and so does what is to be left out.

    Args:
        module: The network; is changed.
        settings: Name the backend and the weights.

    Raises:
        OptionError: Nothing fits, or a tensor has another shape.
        WeightsError: The weights cannot be read.
    """
    model = load(weights=settings.start, device="cpu", precision="fp32")
    other = getattr(model, "module", None)
    if not isinstance(other, nn.Module):
        raise OptionError(f"start is '{settings.start}', whose model shows no network")
    source, own = other.state_dict(), module.state_dict()
    parts = ("", *(f"{name}." for name, _ in module.named_children()))
    fit = grown if settings.start_grows else repeated
    candidates = (fit(_below(part, source), own) for part in parts)
    found = _without(settings.start_without, next(filter(None, candidates), {}))
    for key, tensor in found.items():
        if tensor.shape != own[key].shape:
            raise OptionError(
                f"start is '{settings.start}', whose {key!r} is {list(tensor.shape)}, but the "
                f"recipe's network has {list(own[key].shape)}: give [model.options] that fit, or "
                "leave it out by start_without"
            )
    if not found:
        raise OptionError(f"start is '{settings.start}', which has nothing of this network")
    module.load_state_dict(found, strict=False)
    new = sorted({_new_part(key, found) for key in own.keys() - found.keys()})
    log.info("started from '%s'; new: %s", settings.start, ", ".join(new) or "nothing")


def _new_part(key: str, found: Mapping[str, object]) -> str:
    """Name the largest part of the network that has a tensor, and none of those found."""
    names = key.split(".")
    parts = (".".join(names[:length]) for length in range(1, len(names)))
    return next((part for part in parts if not any(k.startswith(f"{part}.") for k in found)), key)


def _below(part: str, state: Mapping[str, Tensor]) -> dict[str, Tensor]:
    """Name the tensors as they are named where the network is a part of another."""
    return {part + key: tensor for key, tensor in state.items()}


def _without(pieces: Sequence[str], state: Mapping[str, Tensor]) -> dict[str, Tensor]:
    """Leave out tensors with one of the pieces in their name."""
    for piece in pieces:
        if not any(piece in key for key in state):
            raise OptionError(f"start_without has {piece!r}, which is in none of those weights")
    return {key: tensor for key, tensor in state.items() if not any(p in key for p in pieces)}
