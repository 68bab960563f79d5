"""The command `vsr doctor`: what this installation can do, and what is wrong with it."""

from __future__ import annotations

import sys
import traceback
from collections.abc import Callable
from functools import partial
from importlib.metadata import PackageNotFoundError, version
from typing import Annotated

import typer

from vsfilter.cli.report import DEBUG_FLAG, one_line
from vsfilter.errors import VsfilterError

PACKAGES = ("vsfilter", "torch", "av", "vapoursynth", "numpy", "opencv-python")


def doctor(
    *,
    fix: Annotated[bool, typer.Option("--fix", help="Tell vspipe which Python to use.")] = False,
) -> None:
    """Say what is installed, what the device is, and whether vspipe can start."""
    lines: dict[str, Callable[[], str]] = {
        "python": _python,
        **{name: partial(_version, name) for name in PACKAGES},
        "device": _device,
        "vspipe": partial(_vspipe, fix=fix),
        "filters": _filters,
        "plugins": _plugins,
    }
    is_well = True
    for name, look in lines.items():
        try:
            text = look()
        except VsfilterError as error:
            text, is_well = one_line(str(error)), False
        except (Exception, SystemExit) as error:  # noqa: BLE001  # what is broken raises anything
            if DEBUG_FLAG in sys.argv[1:]:
                traceback.print_exc()
            text, is_well = one_line(f"failed: {type(error).__name__}: {error}"), False
        print(f"{name:12} {text}")
    if not is_well:
        raise typer.Exit(1)


def _python() -> str:
    import platform

    return platform.python_version()


def _version(name: str) -> str:
    try:
        return version(name)
    except PackageNotFoundError:
        return "missing"


def _device() -> str:
    import torch

    from vsfilter.engine.device import choose_device, choose_precision

    device = choose_device()
    threads = f", {torch.get_num_threads()} threads" if device == "cpu" else ""
    return f"{device}, {choose_precision('auto', device)}{threads}"


def _vspipe(*, fix: bool) -> str:
    from vsfilter.vapoursynth.vspipe_setup import fix as fix_vspipe
    from vsfilter.vapoursynth.vspipe_setup import inspect_vspipe

    state = fix_vspipe() if fix else inspect_vspipe()
    if state.problem:
        raise VsfilterError(state.problem)
    return f"{state.vspipe}, ready"


def _filters() -> str:
    from vsfilter.vapoursynth.vspipe_setup import script_filters

    return ", ".join(script_filters()) or "none"


def _plugins() -> str:
    from vsfilter.discovery import clashes, discover

    plugins = discover()
    problems = [f"plugin {plugin.name}: {plugin.problem}" for plugin in plugins if plugin.problem]
    problems += [
        f"model {name} is offered by {' and '.join(owners)}"
        for name, owners in clashes(plugins).items()
    ]
    if problems:
        raise VsfilterError("; ".join(problems))
    return f"{len(plugins)}, all well"
