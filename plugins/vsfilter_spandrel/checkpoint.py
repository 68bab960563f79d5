"""Weights files that spandrel knows, read by vsfilter: no code in them is run."""

from __future__ import annotations

import warnings
from collections.abc import Collection, Iterable
from pathlib import Path
from typing import TYPE_CHECKING

from vsfilter.errors import WeightsError
from vsfilter.weights import read_checkpoint

from .construction import Construction

if TYPE_CHECKING:
    from spandrel import ImageModelDescriptor

PURPOSES = ("SR", "Restoration")
"""What spandrel calls models for whole frames; the others need a mask or an aligned face."""


def read_descriptor(file: Path, *, scales: Collection[int]) -> ImageModelDescriptor:
    """Make the model that a file describes, with its weights, in float32 on the CPU.

    Args:
        file: A checkpoint of any container that `read_checkpoint` knows.
        scales: Scales that the model may have.

    Raises:
        WeightsError: The file cannot be read, spandrel does not know it, its model is far larger
            than the file, or not for whole RGB frames.
    """
    import spandrel

    checkpoint = read_checkpoint(file)
    first = next(iter(checkpoint.state))
    try:
        with Construction(checkpoint), warnings.catch_warnings():
            warnings.simplefilter("ignore")  # torch's on how the architectures call it
            descriptor = spandrel.ModelLoader().load_from_state_dict(checkpoint.state)
    except WeightsError:
        raise  # the network is too large
    except spandrel.UnsupportedModelError as error:
        raise WeightsError(
            f"weights '{file}' are of no architecture that spandrel {spandrel.__version__} knows "
            f"(first key: '{first}'): let vsfilter find the model with --weights alone"
        ) from error
    except Exception as error:  # keys that half fit an architecture run into anything
        reason = " ".join(str(error).split())[:200] or type(error).__name__
        raise WeightsError(f"weights '{file}' fit no model of spandrel: {reason}") from error
    _check(descriptor, file, scales)
    return descriptor


def recognises(keys: Iterable[str]) -> bool:
    """Tell whether spandrel has an architecture with such keys."""
    import spandrel

    state = dict.fromkeys(keys)
    supported = spandrel.MAIN_REGISTRY.architectures("detection")
    return any(each.detect(state) for each in supported)


def _check(descriptor: ImageModelDescriptor, file: Path, scales: Collection[int]) -> None:
    """Refuse models that do not turn an RGB frame into an RGB frame."""
    name = f"weights '{file}' are of {descriptor.architecture.name}, a model"
    if descriptor.purpose not in PURPOSES:
        raise WeightsError(
            f"{name} for {descriptor.purpose}: give one for super-resolution or restoration"
        )
    channels = descriptor.input_channels, descriptor.output_channels
    if channels != (3, 3):
        raise WeightsError(
            f"{name} from {channels[0]} to {channels[1]} channels: give one for RGB, from 3 to 3"
        )
    if descriptor.scale not in scales:
        raise WeightsError(
            f"{name} of scale {descriptor.scale}: give one of scale "
            f"{', '.join(str(scale) for scale in scales)}"
        )
