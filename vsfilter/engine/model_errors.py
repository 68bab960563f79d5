"""What a model raises, in words: whose fault it is, and what to do."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import torch

from vsfilter.engine.memory import free_bytes, is_out_of_memory
from vsfilter.errors import DeviceError, DeviceMemoryError, PluginError, VsfilterError


@contextmanager
def blame_model(name: str) -> Iterator[None]:
    """Turn what a model raises into errors of ours; a lack of memory stays what it is.

    Every call into a backend stands under it.

    Args:
        name: Name of the model's backend.
    """
    with blame_device(name):
        try:
            yield
        except (VsfilterError, torch.AcceleratorError):
            raise
        except (Exception, SystemExit) as error:  # the plugin border: strangers raise anything
            if is_out_of_memory(error):
                raise
            raise PluginError(
                f"model {name!r} failed: {type(error).__name__}: {_first_line(error)}"
            ) from error


@contextmanager
def blame_device(name: str) -> Iterator[None]:
    """Turn the failure of a device into an error of ours; a lack of memory stays what it is.

    A GPU computes while its caller goes on: what fails under a model is raised by whoever first
    waits for the result, be it a check or a copy.

    Args:
        name: Name of the model's backend.
    """
    try:
        yield
    except torch.AcceleratorError as error:
        if is_out_of_memory(error):
            raise
        raise DeviceError(
            f"the device failed under model {name!r} ({_first_line(error)}): it is lost to this "
            "process; give the same command again, or --device cpu"
        ) from error


@contextmanager
def need_memory(device: str, what: str, *remedies: str) -> Iterator[None]:
    """Turn a lack of memory into an error that names what was free and what helps.

    Args:
        device: The torch device whose memory it is.
        what: What does not fit there, in words.
        remedies: What helps, beside other programs that end and a CPU's memory.
    """
    free = _free_memory(device)
    try:
        yield
    except (MemoryError, RuntimeError) as error:
        if not is_out_of_memory(error):
            raise
        advice = ["close other programs", *remedies]
        if torch.device(device).type != "cpu":
            advice.append("give --device cpu")
        raise DeviceMemoryError(
            f"{what} does not fit into the memory of {device}{free}: {', or '.join(advice)}"
        ) from error


def _free_memory(device: str) -> str:
    try:
        return f" ({free_bytes(device) / 1e9:.1f} GB were free)"
    except RuntimeError:  # a GPU that is full may not even say so
        return ""


def _first_line(error: BaseException) -> str:
    return next(iter(str(error).splitlines()), "no reason given")
