"""Weights files: our own safetensors with a JSON header, and the containers of other projects."""

from __future__ import annotations

import json
import pickle
import warnings
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from vsfilter.errors import WeightsError
from vsfilter.whole_file import whole_file

from .claims import refuse_large_numbers, refuse_large_options, refuse_large_tensors, refuse_packed

if TYPE_CHECKING:
    from torch import Tensor

Layout = Literal["vsfilter", "params", "generator", "bare"]
FORMAT = "vsfilter-1"
_WRAPPERS = ("module.", "_orig_mod.", "net_g.", "model.")
"""What DataParallel, torch.compile, BasicSR's training and Lightning put before every key."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Checkpoint:
    """What a weights file holds.

    Attributes:
        path: The file.
        layout: Which container it came in: ours, BasicSR's `params`, mmediting's `generator.`,
            or a bare state dict.
        state: Tensors by key, without the container's prefix, on the CPU.
        header: Of our own files: backend, options, scale, degradation, data, licence; else empty.
    """

    path: Path
    layout: Layout
    state: dict[str, Tensor]
    header: Mapping[str, Any] = field(default_factory=dict)  # Any: JSON values


def read_checkpoint(path: str | Path) -> Checkpoint:
    """Read a weights file of any known container, without running code from it.

    Args:
        path: A `.safetensors` file of ours, or a checkpoint that `torch.save` wrote.

    Raises:
        WeightsError: The file is missing, damaged, holds code, or holds no tensors.
    """
    path = Path(path)
    if not path.is_file():
        raise WeightsError(
            f"weights '{path}' do not exist: give a file or a name of vsr weights list"
        )
    found = _read_safetensors(path) if path.suffix == ".safetensors" else _read_torch(path)
    refuse_large_numbers(found)
    refuse_large_tensors(found)
    return found


def _read_safetensors(path: Path) -> Checkpoint:
    from safetensors import SafetensorError, safe_open

    try:
        with safe_open(path, framework="pt") as file:
            metadata = file.metadata() or {}
            state = {key: file.get_tensor(key) for key in file.keys()}  # noqa: SIM118  # not a dict
    except (SafetensorError, OSError) as error:
        raise WeightsError(f"weights '{path}' are damaged: {error}") from error
    if "vsfilter" not in metadata:
        return _unwrap(path, state)
    try:
        header = json.loads(metadata["vsfilter"])
    except (ValueError, RecursionError) as error:
        raise WeightsError(f"weights '{path}' have a damaged header: {error}") from error
    if not isinstance(header, dict) or header.get("format") != FORMAT:
        raise WeightsError(f"weights '{path}' are of an unknown format: expected {FORMAT}")
    if not isinstance(header.get("backend"), str) or not isinstance(header.get("options"), dict):
        raise WeightsError(f"weights '{path}' have a damaged header: it lacks backend or options")
    refuse_large_options(path, header["options"])
    return Checkpoint(path=path, layout="vsfilter", state=state, header=header)


def _read_torch(path: Path) -> Checkpoint:
    import torch

    refuse_packed(path)
    try:
        with warnings.catch_warnings():  # what is odd about a file, its refusal will say
            warnings.simplefilter("ignore")
            content = torch.load(path, map_location="cpu", weights_only=True)
    except pickle.UnpicklingError as error:
        raise WeightsError(
            f"weights '{path}' are no plain tensors (they hold code, or are no checkpoint): "
            "get them from their publisher, or save the state dict alone"
        ) from error
    except Exception as error:  # a damaged pickle raises whatever it runs into
        reason = str(error).partition("\n")[0].partition(". ")[0]
        if not reason or reason.isdecimal():  # a byte that the format does not know, say
            reason = type(error).__name__
        raise WeightsError(
            f"weights '{path}' are damaged, or no checkpoint at all ({reason}): get them again"
        ) from error
    if not isinstance(content, dict):
        raise WeightsError(f"weights '{path}' hold a {type(content).__name__}, not a state dict")
    return _unwrap(path, content)


def _unwrap(path: Path, content: Mapping[str, Any]) -> Checkpoint:  # Any: a foreign file
    """Find the state dict in BasicSR's, mmediting's or no container."""
    layout: Layout = "bare"
    content = _text_keys(content)
    for key in ("params_ema", "params-ema", "params"):
        if isinstance(content.get(key), dict):
            content, layout = _text_keys(content[key]), "params"
            break
    for key in ("state_dict", "model_state_dict", "model", "net", "net_g"):
        content = _text_keys(content[key]) if isinstance(content.get(key), dict) else content
    content = _without_wrappers({k: v for k, v in content.items() if hasattr(v, "shape")})
    for prefix in ("generator_ema.", "generator."):
        if any(key.startswith(prefix) for key in content):
            content = _without_wrappers(
                {k.removeprefix(prefix): v for k, v in content.items() if k.startswith(prefix)}
            )
            layout = "generator"
            break
    state = {key: value for key, value in content.items() if key != "step_counter"}
    if not state:
        raise WeightsError(f"weights '{path}' hold no tensors")
    return Checkpoint(path=path, layout=layout, state=state)


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


def save_weights(path: Path, state: Mapping[str, Tensor], header: Mapping[str, Any]) -> None:
    """Write a weights file of our own, whole or not at all.

    Args:
        path: Where to; the name ends in `.safetensors`.
        state: Tensors by key.
        header: JSON values: at least `backend`, `options` and `scale`.
    """
    from safetensors.torch import save

    metadata = {"vsfilter": json.dumps({**header, "format": FORMAT}, sort_keys=True)}
    tensors = {key: value.detach().cpu().contiguous() for key, value in state.items()}
    with whole_file(path) as part:
        part.write_bytes(save(tensors, metadata))  # `save_file` lets nobody else read it
