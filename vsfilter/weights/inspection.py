"""What a weights file is, as its backend reads it; and the same file in our own format."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from vsfilter.engine.model_choice import ChosenModel, find_by_checkpoint
from vsfilter.errors import WeightsError

from .checkpoint import read_checkpoint, save_weights
from .containers import Layout
from .folder import sha256
from .installed import published_with
from .named import NamedWeights

if TYPE_CHECKING:
    from torch import nn

    from vsfilter.plugin import Backend


@dataclass(frozen=True, slots=True, kw_only=True)
class Inspection:
    """What a weights file is. It has been loaded, so it is whole and fits.

    Attributes:
        file: The file.
        sha256: Its hash, in hex.
        layout: Which container it came in.
        backend: Name of its backend.
        options: What the architecture is, from its header or read off its tensors; empty where
            the backend does not tell.
        scale: Scale of the model that it makes.
        parameters: Count of what was learned; buffers are left out.
        header: Of our own files; else empty.
        published: The published set that it is, or None.
    """

    file: Path
    sha256: str
    layout: Layout
    backend: str
    options: Mapping[str, Any]  # Any: JSON values
    scale: int
    parameters: int
    header: Mapping[str, Any]  # Any: JSON values
    published: NamedWeights | None


@dataclass(frozen=True, slots=True, kw_only=True)
class _Loaded:
    inspection: Inspection
    backend: Backend
    module: nn.Module | None


def inspect_weights(file: Path) -> Inspection:
    """Load a weights file and say what it is.

    Raises:
        WeightsError: It is missing, damaged, holds code, or no installed backend reads it.
        PluginError: It names a backend that is not installed.
    """
    return _load(file).inspection


def _load(file: Path) -> _Loaded:
    from vsfilter.engine.load import load_chosen  # torch takes a second: not on import
    from vsfilter.engine.model_errors import blame_model

    checkpoint = read_checkpoint(file)
    backend = find_by_checkpoint(checkpoint)
    chosen = ChosenModel(backend=backend, weights=file, options={})
    model = load_chosen(chosen, device="cpu", precision="fp32").model
    module: nn.Module | None = getattr(model, "module", None)
    learned = checkpoint.state.values() if module is None else module.parameters()
    options = checkpoint.header.get("options", {})
    if not checkpoint.header and backend.read_options is not None:
        with blame_model(backend.name):
            options = backend.read_options(checkpoint)
    digest = sha256(file)
    inspection = Inspection(
        file=file,
        sha256=digest,
        layout=checkpoint.layout,
        backend=backend.name,
        options=options,
        scale=model.scale,
        parameters=sum(tensor.numel() for tensor in learned),
        header=checkpoint.header,
        published=published_with(digest),
    )
    return _Loaded(inspection=inspection, backend=backend, module=module)


def convert_weights(file: Path, target: Path) -> Inspection:
    """Write a checkpoint of another project as a file of ours that restores bit for bit the same.

    Args:
        file: The checkpoint.
        target: The file to write, `.safetensors`; what lies there is replaced.

    Returns:
        What the checkpoint is.

    Raises:
        WeightsError: The checkpoint cannot be read, is one of ours already, or its backend cannot
            say what no tensor of ours shows; or the target cannot be written.
    """
    if target.suffix != ".safetensors":
        raise WeightsError(f"'{target}' does not end in .safetensors: name it so")
    loaded = _load(file)
    found = loaded.inspection
    if found.layout == "vsfilter":
        raise WeightsError(f"weights '{file}' are in vsfilter's own format already: copy them")
    if loaded.module is None or loaded.backend.read_options is None:
        raise WeightsError(f"model '{found.backend}' has no format of its own: use '{file}' as is")
    from safetensors import SafetensorError

    try:
        save_weights(target, loaded.module.state_dict(), _header(found))
    except (SafetensorError, OSError) as error:
        raise WeightsError(f"'{target}' cannot be written: {error}") from error
    return found


def _header(found: Inspection) -> dict[str, object]:
    """Say what the tensors do not show, and where they came from."""
    origin: dict[str, object] = {"file": found.file.name, "sha256": found.sha256}
    header = {
        "backend": found.backend,
        "options": dict(found.options),
        "scale": found.scale,
        "converted_from": origin,
    }
    if found.published is not None:
        header |= {
            "name": found.published.name,
            "licence": found.published.licence,
            "degradation": "+".join(found.published.degradation),
        }
        origin["source"] = found.published.source
    return header
