"""What a loaded model is, for plans, reports and other machines."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from vsfilter.discovery import distribution_of
from vsfilter.errors import WeightsError
from vsfilter.weights import resolve_weights, split_stages
from vsfilter.weights.folder import sha256

if TYPE_CHECKING:
    from vsfilter.engine.load import LoadedModel
    from vsfilter.plugin import Backend


@dataclass(frozen=True, slots=True, kw_only=True)
class ModelFacts:
    """What a loaded model is.

    Attributes:
        backend: Name of the backend.
        weights: What the user gave, or the name of the default set.
        weights_sha256: Hash of the weights' files, in hex; empty where there is none.
        device: The torch device.
        precision: The lowest precision in use.
        scale: How many times the model enlarges.
        plugin: Name and version of the package that the backend is of.
    """

    backend: str
    weights: str
    weights_sha256: str
    device: str
    precision: str
    scale: int
    plugin: str


def model_facts(loaded: LoadedModel) -> ModelFacts:
    """Tell what a loaded model is."""
    bundled = loaded.backend.bundled
    return ModelFacts(
        backend=loaded.backend.name,
        weights=str(loaded.weights or (bundled[0].name if bundled else "none")),
        weights_sha256=_weights_sha256(loaded),
        device=loaded.device,
        precision=loaded.precision,
        scale=loaded.model.scale,
        plugin=distribution_of(loaded.backend.name),
    )


def _weights_sha256(loaded: LoadedModel) -> str:
    """Give the hash of the weights in use, of all stages where there are several."""
    backend = loaded.backend
    if loaded.weights is None:
        return backend.bundled[0].sha256 if backend.bundled else ""
    return "+".join(_stage_sha256(stage, backend) for stage in split_stages(loaded.weights))


def _stage_sha256(weights: str, backend: Backend) -> str:
    try:
        return sha256(resolve_weights(weights, backend.weights, backend=backend.name))
    except WeightsError:
        return weights  # the plugin has its own way of finding them: their name must do
