"""The spandrel library, which is an optional extra."""

from __future__ import annotations

import warnings

from vsfilter.errors import PluginError

INSTALL = "pip install vsfilter[spandrel]"


def require_spandrel() -> None:
    """Make sure that the library can be imported.

    Raises:
        PluginError: It is not installed, or it is broken.
    """
    try:
        with warnings.catch_warnings():  # what it imports changes the filters of the process
            import spandrel  # noqa: F401  # importing it is the check
    except ModuleNotFoundError as error:
        if error.name == "spandrel":
            raise PluginError(f"model 'spandrel' needs the spandrel library: {INSTALL}") from error
        raise _broken(error) from error
    except Exception as error:  # a torchvision made for another torch raises what it runs into
        raise _broken(error) from error


def has_spandrel() -> bool:
    """Tell whether the library can be used."""
    try:
        require_spandrel()
    except PluginError:
        return False
    return True


def _broken(error: Exception) -> PluginError:
    reason = " ".join(f"{type(error).__name__}: {error}".split())
    return PluginError(
        f"the spandrel library is installed but broken ({reason}): reinstall it with {INSTALL}"
    )
