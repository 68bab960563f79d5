"""What a model raises, in words: whose fault it is, and what to do."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import torch

from vsfilter.engine.memory import is_out_of_memory
from vsfilter.errors import DeviceError, PluginError, VsfilterError


@contextmanager
def blame_model(name: str) -> Iterator[None]:
    """Turn what a model raises into errors of ours; a lack of memory stays what it is.

    Args:
        name: Name of the model's backend.
    """
    try:
        yield
    except VsfilterError:
        raise
    except torch.AcceleratorError as error:
        raise DeviceError(
            f"the device failed under model {name!r} ({_first_line(error)}): it is lost to this "
            "process; give the same command again, or --device cpu"
        ) from error
    except Exception as error:  # the plugin border: strangers raise anything
        if is_out_of_memory(error):
            raise
        raise PluginError(
            f"model {name!r} failed: {type(error).__name__}: {_first_line(error)} (--debug shows "
            "where)"
        ) from error


def _first_line(error: Exception) -> str:
    return next(iter(str(error).splitlines()), "no reason given")
