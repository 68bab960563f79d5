"""What a weights file claims of its own size, checked before memory is taken for it."""

from __future__ import annotations

import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

from vsfilter.errors import WeightsError

if TYPE_CHECKING:
    from .checkpoint import Checkpoint

_HARMLESS_BYTES = 1 << 30
"""Tensors of so many bytes in all may be views of less; no published file has half of it."""
_LARGEST_PART = 1024
"""No published network has half as many parts of one name, or options."""
_LARGEST_OPTION = 1 << 14
"""No published network has a count or a width of a tenth of this."""
_LONGEST_NUMBER = 30
"""Digits in a message; a key may have a million of them."""


def refuse_packed(path: Path) -> None:
    """Refuse a zip archive that unpacks to more than it is: `torch.save` packs nothing.

    Raises:
        WeightsError: It does, or it is damaged.
    """
    try:
        if not zipfile.is_zipfile(path):
            return  # a checkpoint of before 2020, or none
        with zipfile.ZipFile(path) as archive:
            claimed = sum(item.file_size for item in archive.infolist())
    except (OSError, ValueError, NotImplementedError, zipfile.BadZipFile) as error:
        raise WeightsError(f"weights '{path}' are damaged: {error}") from error
    if claimed > path.stat().st_size:
        raise WeightsError(
            f"weights '{path}' would unpack to {claimed} bytes, more than the file has: no "
            "checkpoint does that; get them from their publisher"
        )


def refuse_large_tensors(checkpoint: Checkpoint) -> None:
    """Refuse tensors that together claim far more than their file holds.

    A tensor may repeat a few stored values without end, and a copy of it would not.

    Raises:
        WeightsError: They do.
    """
    size = checkpoint.path.stat().st_size
    claims = {key: t.numel() * t.element_size() for key, t in checkpoint.state.items()}
    if sum(claims.values()) > max(2 * size, _HARMLESS_BYTES):
        key = max(claims, key=lambda key: claims[key])
        raise WeightsError(
            f"weights '{checkpoint.path}': tensor '{key}' of shape "
            f"{tuple(checkpoint.state[key].shape)} claims {claims[key]} bytes of a file of {size}: "
            "it is damaged or made to harm"
        )


def refuse_large_numbers(checkpoint: Checkpoint) -> None:
    """Refuse keys with a number that no part of a network has: who counts its layers would not end.

    Raises:
        WeightsError: There is one.
    """
    for key in checkpoint.state:
        for part in key.split("."):
            if part.isdecimal() and (len(part) > _LONGEST_NUMBER or int(part) > _LARGEST_PART):
                raise WeightsError(
                    f"weights '{checkpoint.path}' have a key with the number "
                    f"{part[:_LONGEST_NUMBER]}, more than any network has ({_LARGEST_PART}): "
                    "they are damaged or made to harm"
                )


def refuse_large_options(path: Path, options: dict[str, Any]) -> None:  # Any: JSON values
    """Refuse a header that describes a network which no memory holds, or no time makes.

    Raises:
        WeightsError: A number in it, or the count of numbers, is too large.
    """
    numbers = list(_numbers(options))
    largest = max([0, *(abs(number) for number in numbers)])
    if largest > _LARGEST_OPTION or len(numbers) > _LARGEST_PART:
        raise WeightsError(
            f"weights '{path}' have options that no network has: {len(numbers)} numbers up to "
            f"{largest}, of {_LARGEST_PART} up to {_LARGEST_OPTION}"
        )


def _numbers(value: Any) -> Iterator[int]:  # Any: JSON values
    """Give all whole numbers in a value."""
    waiting = [value]
    while waiting:
        value = waiting.pop()
        if isinstance(value, int):
            yield value
        elif isinstance(value, dict):
            waiting += value.values()
        elif isinstance(value, list):
            waiting += value
