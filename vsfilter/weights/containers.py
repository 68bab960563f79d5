"""The containers in which other projects keep their weights."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from vsfilter.errors import WeightsError

if TYPE_CHECKING:
    from torch import Tensor

Layout = Literal["vsfilter", "params", "generator", "bare"]
_WRAPPERS = ("module.", "_orig_mod.", "net_g.", "model.")
"""What DataParallel, torch.compile, BasicSR's training and Lightning put before every key."""
_PLACES = (
    "state_dict",
    "model_state_dict",
    "model_ema",
    "model",
    "net",
    "net_g",
    "netG",
    "g_ema",
    "generator",
    "ema",
)
"""Where trainings keep the state dict of what is used, beside that of the optimiser."""
_FLAT = ("params_ema.", "params.", "state_dict.")
"""What stands before keys in formats that hold tensors only, such as safetensors."""
_MOST_NAMED = 5


def unwrap(
    path: Path,
    content: Mapping[str, Any],  # Any: a foreign file
) -> tuple[Layout, dict[str, Tensor]]:
    """Find the state dict in BasicSR's, mmediting's or no container.

    Raises:
        WeightsError: There are no tensors.
    """
    layout: Layout = "bare"
    given = content = _text_keys(content)
    for key in ("params_ema", "params-ema", "params"):
        if isinstance(content.get(key), dict):
            content, layout = _text_keys(content[key]), "params"
            break
    for key in _PLACES:
        content = _text_keys(content[key]) if isinstance(content.get(key), dict) else content
    content = {k: v for k, v in content.items() if hasattr(v, "shape")}
    if content and all(key.startswith(_FLAT) for key in content):
        prefix = next(each for each in _FLAT if any(key.startswith(each) for key in content))
        content = {k.removeprefix(prefix): v for k, v in content.items() if k.startswith(prefix)}
        layout = "bare" if prefix == "state_dict." else "params"
    content = _without_wrappers(content)
    for prefix in ("generator_ema.", "generator."):
        if any(key.startswith(prefix) for key in content):
            content = _without_wrappers(
                {k.removeprefix(prefix): v for k, v in content.items() if k.startswith(prefix)}
            )
            layout = "generator"
            break
    state = {key: value for key, value in content.items() if key != "step_counter"}
    if not state:
        raise WeightsError(f"weights '{path}' hold no tensors{_seen(given)}")
    return layout, state


def _seen(content: Mapping[str, object]) -> str:
    """Name what a file holds, in brackets."""
    names = ", ".join(sorted(content)[:_MOST_NAMED])
    return f" (it holds {names})" if names else ""


def _without_wrappers(tensors: dict[str, Any]) -> dict[str, Any]:  # Any: a foreign file
    """Take off what stands before every key, in any order; `step_counter` is mmediting's own."""
    tensors = {key: value for key, value in tensors.items() if key != "step_counter"}
    for _ in _WRAPPERS:  # not for ever: a key may be made of nothing else
        wrapper = next((each for each in _WRAPPERS if _is_wrapped(tensors, each)), "")
        tensors = {key.removeprefix(wrapper): value for key, value in tensors.items()}
    return tensors


def _is_wrapped(keys: Collection[str], wrapper: str) -> bool:
    inner = [key.removeprefix(wrapper) for key in keys if key.startswith(wrapper)]
    if wrapper == "model." and any(key[:1].isdigit() or key.startswith(wrapper) for key in inner):
        return False  # networks that are called so themselves: ESRGAN (`model.0`), LaMa
    return len(inner) == len(keys)


def _text_keys(content: Mapping[Any, Any]) -> dict[str, Any]:  # Any: a foreign file
    """Leave out what has no name; optimisers number their entries."""
    return {key: value for key, value in content.items() if isinstance(key, str)}
