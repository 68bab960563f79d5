"""Tell whether vspipe can start, and set it up: the part of `vsr doctor` about VapourSynth.

From R81 on, vspipe refuses to start until `vapoursynth config` has written the interpreter into
the user's vapoursynth.toml.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tomllib
from dataclasses import dataclass
from importlib.metadata import PackageNotFoundError, version
from importlib.util import find_spec
from pathlib import Path

from vsfilter.errors import VsfilterError

_TIMEOUT_S = 60


@dataclass(frozen=True, slots=True, kw_only=True)
class VspipeState:
    """What was found about vspipe.

    Attributes:
        vapoursynth: Version of the installed package; None where it is missing.
        vspipe: The program; None where it is not in the environment.
        config_file: Where VapourSynth looks for its interpreter.
        is_configured: Whether that file names this environment's VapourSynth.
    """

    vapoursynth: str | None
    vspipe: Path | None
    config_file: Path
    is_configured: bool

    @property
    def problem(self) -> str:
        """What keeps vspipe from starting and what to do, in one line; empty where all is well."""
        if self.vapoursynth is None:
            return "VapourSynth is not installed: pip install vapoursynth"
        if self.vspipe is None:
            return "vspipe is not in this environment: reinstall vapoursynth"
        if not self.is_configured:
            return "vspipe does not know its Python yet: run vapoursynth config (vsr doctor --fix)"
        return ""


def inspect_vspipe() -> VspipeState:
    """Look at the environment of this interpreter; changes nothing."""
    config_file = _config_file()
    return VspipeState(
        vapoursynth=_installed_version(),
        vspipe=find_program("vspipe"),
        config_file=config_file,
        is_configured=_is_configured(config_file),
    )


def script_filters() -> list[str]:
    """Name the filters that scripts find, by their namespaces: loads VapourSynth's core."""
    if _installed_version() is None:
        return []
    import vapoursynth as vs

    return sorted(plugin.namespace for plugin in vs.core.plugins())


def fix() -> VspipeState:
    """Run `vapoursynth config`, and tell how things are then.

    Raises:
        VsfilterError: It cannot be run, or it did not help.
    """
    program = find_program("vapoursynth")
    if program is None:
        raise VsfilterError("'vapoursynth' is not in this environment: pip install vapoursynth")
    command = [str(program), "config"]
    run = subprocess.run(command, capture_output=True, text=True, timeout=_TIMEOUT_S, check=False)
    state = inspect_vspipe()
    if state.problem:
        said = " ".join((run.stdout + run.stderr).split()) or f"exit code {run.returncode}"
        raise VsfilterError(f"vapoursynth config did not help: {said}")
    return state


def find_program(name: str) -> Path | None:
    """Find a program in the environment of this interpreter, else on the path."""
    beside = shutil.which(name, path=str(Path(sys.executable).parent))
    found = beside or shutil.which(name)
    return Path(found) if found else None


def _installed_version() -> str | None:
    try:
        return version("vapoursynth")
    except PackageNotFoundError:
        return None


def _config_file() -> Path:
    if sys.platform == "win32":
        return Path(os.environ.get("APPDATA", "")) / "vapoursynth" / "vapoursynth.toml"
    home = os.environ.get("XDG_CONFIG_HOME") or Path.home() / ".config"
    return Path(home) / "vapoursynth" / "vapoursynth.toml"


def _is_configured(config_file: Path) -> bool:
    """Tell whether the file names an entry for the VSScript library of this environment."""
    package = find_spec("vapoursynth")
    if package is None or package.origin is None:
        return False
    folder = str(Path(package.origin).parent)
    try:
        entries = tomllib.loads(config_file.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return False
    return any(_same_folder(str(Path(key).parent), folder) for key in entries)


def _same_folder(first: str, second: str) -> bool:
    """Compare folders as VapourSynth writes them: lib64 as lib, and on Windows in lower case."""
    if sys.platform == "win32":
        return first.lower() == second.lower()
    return first.replace("/lib64/", "/lib/") == second.replace("/lib64/", "/lib/")
