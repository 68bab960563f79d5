"""From what the user gave, a path or a name, to a weights file."""

import difflib
from collections.abc import Iterable
from pathlib import Path

from vsfilter.errors import WeightsError

from .file_access import is_file
from .folder import verified_added_file, verified_file
from .named import NamedWeights


def split_stages(weights: str | Path | None) -> list[str]:
    """Part "first+second" into the weights of each stage; a file may have a `+` in its name."""
    if weights is None:
        return []
    return [str(weights)] if is_file(Path(weights)) else str(weights).split("+")


def resolve_weights(
    weights: str | Path | None, known: Iterable[NamedWeights], *, backend: str
) -> Path:
    """Turn what the user gave into a file, without fetching anything.

    Args:
        weights: A file, the name of a known set or of a file that the user added, or None for the
            first known set that comes with the plugin.
        known: The backend's sets.
        backend: Name of the backend, for messages.

    Raises:
        WeightsError: There is no such set or file, it is not installed, or its hash is wrong.
    """
    known = list(known)
    if weights is None:
        bundled = [item for item in known if isinstance(item.file, Path)]
        if not bundled:
            raise WeightsError(
                f"model '{backend}' has no weights of its own: give a file, or a name of "
                "vsr weights list"
            )
        return verified_file(bundled[0])
    for item in known:
        if item.name == str(weights):
            return verified_file(item)
    path = Path(weights)
    if is_file(path):
        return path
    if added := verified_added_file(str(weights)):
        return added
    raise WeightsError(
        f"weights '{weights}' are neither a file nor a set of model '{backend}'"
        f"{suggest(str(weights), [item.name for item in known])}: see vsr weights list"
    )


def suggest(name: str, known: Iterable[str]) -> str:
    """Give the nearest known name in brackets, or nothing where none is near."""
    near = difflib.get_close_matches(name, known, n=1)
    return f" (did you mean '{near[0]}'?)" if near else ""
