"""Weights files: our own safetensors with a JSON header, and the containers of other projects."""

from __future__ import annotations

import json
import pickle
import warnings
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from vsfilter.errors import WeightsError
from vsfilter.whole_file import whole_file

from .claims import refuse_large_numbers, refuse_large_options, refuse_large_tensors, refuse_packed
from .containers import Layout, unwrap
from .file_access import blame_reading, is_file

if TYPE_CHECKING:
    from torch import Tensor

FORMAT = "vsfilter-1"


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
    if not is_file(path):
        raise WeightsError(
            f"weights '{path}' do not exist: give a file or a name of vsr weights list"
        )
    with blame_reading(path), path.open("rb"):
        pass  # libraries take a file that may not be read for a damaged one
    is_plain = path.suffix.lower() == ".safetensors"
    found = _read_safetensors(path) if is_plain else _read_torch(path)
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
        return _foreign(path, state)
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
    return _foreign(path, content)


def _foreign(path: Path, content: Mapping[str, Any]) -> Checkpoint:  # Any: a foreign file
    layout, state = unwrap(path, content)
    return Checkpoint(path=path, layout=layout, state=state)


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
