"""Which model a name, a weights file and a wished scale mean."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from dataclasses import dataclass, replace
from fractions import Fraction
from pathlib import Path

from vsfilter.discovery import backends, discover, find_backend, says_yes
from vsfilter.errors import OptionError, WeightsError
from vsfilter.output_size import nearest_scale
from vsfilter.plugin import Backend
from vsfilter.weights import Checkpoint, read_checkpoint, split_stages, suggest
from vsfilter.weights.file_access import is_file
from vsfilter.weights.folder import verified_added_file
from vsfilter.weights.named import Quality

log = logging.getLogger(__name__)
QUALITY_WORDS = ("fast", "good", "best")
DEFAULT_BACKEND = "basicvsr"


@dataclass(frozen=True, slots=True, kw_only=True)
class ChosenModel:
    """Which model is meant, before it is loaded.

    Attributes:
        backend: What makes it.
        weights: A named set or a file; None for the backend's default, or where it needs none.
        options: The backend's own options.
        is_ensemble: Whether the mean over the turned and mirrored clip is wanted.
    """

    backend: Backend
    weights: str | Path | None
    options: Mapping[str, object]
    is_ensemble: bool = False


def choose_model(
    name: str,
    weights: str | Path | None,
    scale: Fraction | int | None,
    options: Mapping[str, object],
    quality: str = "fast",
) -> ChosenModel:
    """Find out which model is meant.

    Args:
        name: A backend, "auto", or "backend:weights".
        weights: A named set, a file, or None for the backend's default set.
        scale: Wished scale; None for the default set.
        options: The backend's own options.
        quality: One of `QUALITY_WORDS`; see `Settings`.

    Raises:
        PluginError: There is no such backend.
        WeightsError: The weights are missing, or no backend can be told from them.
        OptionError: The weights are named twice.
    """
    name, weights = _split_name(name, weights)
    backend = find_backend(name) if name != "auto" else _find_by_weights(weights)
    if scale is not None and not backend.needs_weights:
        options = {"scale": nearest_scale(backend.scales, scale, backend.scales), **options}
    elif weights is None and (scale is not None or quality != "fast"):
        weights = _bundled_set(backend, scale, "fast" if quality == "fast" else "good")
    elif weights is not None and quality == "good":
        log.warning("quality 'good' changes nothing: weights '%s' are given", weights)
    backend = replace(backend, context=_context(backend, weights))
    if (stages := len(split_stages(weights))) > 1:
        # each stage needs context of its own around the frames of the next one
        backend = replace(backend, context=backend.context * stages)
    return ChosenModel(
        backend=backend, weights=weights, options=options, is_ensemble=quality == "best"
    )


def _split_name(name: str, weights: str | Path | None) -> tuple[str, str | Path | None]:
    """Part "backend:weights"; the weights may be a Windows path, with a colon of its own."""
    backend, colon, after = name.partition(":")
    if not colon:
        return name, weights
    if weights is not None:
        raise OptionError(f"model is {name!r} and weights are '{weights}': name weights once")
    if not after:
        raise OptionError(f"model is {name!r}: give weights after the colon")
    return backend, after


def _context(backend: Backend, weights: str | Path | None) -> int:
    """Give the context that a set of weights was measured to need, else the backend's."""
    chosen = str(backend.bundled[0].name if weights is None and backend.bundled else weights)
    stated = [item.context for item in backend.weights if item.name == chosen]
    return backend.context if not stated or stated[0] is None else stated[0]


def _find_by_weights(weights: str | Path | None) -> Backend:
    """Find the backend that a named set or a file belongs to."""
    if weights is None:
        return find_backend(DEFAULT_BACKEND)
    first = split_stages(weights)[0]
    known = backends()
    owners = [each for each in known.values() if any(first == item.name for item in each.weights)]
    if len(owners) > 1:
        offering = " and ".join(each.name for each in owners)
        raise WeightsError(
            f"weights '{first}' are offered by the models {offering}: say which, as in "
            f"--model {owners[0].name}:{first}"
        )
    if owners:
        return owners[0]
    file = Path(first) if is_file(Path(first)) else verified_added_file(first)
    if file is None:
        for backend in (each for plugin in discover() for each in plugin.backends):
            if any(item.name == first for item in backend.weights):
                return find_backend(backend.name)  # which says with whom it clashes
        names = [item.name for backend in known.values() for item in backend.weights]
        raise WeightsError(
            f"weights '{first}' do not exist{suggest(first, names)}: give a file or a name of "
            "vsr weights list"
        )
    return find_by_checkpoint(read_checkpoint(file))


def find_by_checkpoint(checkpoint: Checkpoint) -> Backend:
    """Find the backend whose architecture a weights file is of.

    Raises:
        PluginError: The file's header names a backend that is not installed.
        WeightsError: None or several recognise it.
    """
    if checkpoint.header:
        return find_backend(str(checkpoint.header["backend"]))
    fitting = _recognising(checkpoint, rest=False) or _recognising(checkpoint, rest=True)
    if len(fitting) == 1:
        return fitting[0]
    first = next(iter(checkpoint.state))
    found = f"fit {' and '.join(b.name for b in fitting)}" if fitting else "fit no installed model"
    raise WeightsError(
        f"weights '{checkpoint.path}' {found} (first key: '{first}'): name one with --model"
    )


def _recognising(checkpoint: Checkpoint, *, rest: bool) -> list[Backend]:
    """List the backends that recognise a file, of those that are asked first or of the rest."""
    asked = (b for b in backends().values() if b.recognises_rest is rest)
    return [
        b
        for b in asked
        if b.recognises and says_yes(f"model {b.name!r}", b.recognises, checkpoint.state)
    ]


def _bundled_set(backend: Backend, scale: Fraction | int | None, quality: Quality) -> str | None:
    """Choose a set that comes with the plugin: the default must not depend on what was fetched."""
    sets = backend.bundled
    if not sets:
        return None
    wish = sets[0].scale if scale is None else scale
    nearest = nearest_scale(sets, wish, [item.scale for item in sets]).scale
    of_scale = [item for item in sets if item.scale == nearest]
    chosen = next((item for item in of_scale if item.quality == quality), of_scale[0])
    if quality == "good" and chosen.quality != quality:
        form = "model '%s' has no %s set for scale %s: '%s' is taken"
        log.warning(form, backend.name, quality, nearest, chosen.name)
    return chosen.name
