"""The command `vsr doctor`: what this installation can do, and what is wrong with it."""

from __future__ import annotations

from importlib.metadata import PackageNotFoundError, version
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from vsfilter.vspipe_setup import VspipeState

PACKAGES = ("vsfilter", "torch", "av", "vapoursynth", "numpy", "opencv-python")


def doctor(
    *,
    fix: Annotated[bool, typer.Option("--fix", help="Tell vspipe which Python to use.")] = False,
) -> None:
    """Say what is installed, what the device is, and whether vspipe can start."""
    from vsfilter.discovery import clashes, discover
    from vsfilter.vspipe_setup import fix as fix_vspipe
    from vsfilter.vspipe_setup import inspect_vspipe, script_filters

    state = fix_vspipe() if fix else inspect_vspipe()
    print(f"python       {_python()}")
    for name in PACKAGES:
        print(f"{name:12} {_version(name)}")
    print(f"device       {_device()}")
    print(f"vspipe       {_describe(state)}")
    print(f"filters      {', '.join(script_filters()) or 'none'}")
    plugins = discover()
    problems = [f"plugin {plugin.name}: {plugin.problem}" for plugin in plugins if plugin.problem]
    problems += [
        f"model {name} is offered by {' and '.join(owners)}"
        for name, owners in clashes(plugins).items()
    ]
    print(f"plugins      {'; '.join(problems) or f'{len(plugins)}, all well'}")
    if problems or state.problem:
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


def _describe(state: VspipeState) -> str:
    return state.problem or f"{state.vspipe}, ready"
