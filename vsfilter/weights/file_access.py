"""Weights files that may not be read are told from those that are missing or damaged."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from vsfilter.errors import WeightsError


@contextmanager
def blame_reading(path: Path) -> Iterator[None]:
    """Say which weights file it is that the system does not let be read.

    Raises:
        WeightsError: An `OSError` came.
    """
    try:
        yield
    except OSError as error:
        raise WeightsError(f"weights '{path}' cannot be read: {error.strerror or error}") from error


def is_file(path: Path) -> bool:
    """Tell whether a file is there.

    Raises:
        WeightsError: The system does not tell: its folder may not be entered, or its name is none.
    """
    with blame_reading(path):
        return path.is_file()
