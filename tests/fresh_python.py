"""Running code in a Python of its own, with throw-away plugins installed beside the real ones."""

import os
import subprocess
import sys
from pathlib import Path
from textwrap import dedent

OBJECTS = {"vsfilter.commands": "command", "vsfilter.degradations": "Kind"}
"""Name of the object in the module, for the groups whose entry points name one."""


def install(folder: Path, name: str, code: str, *, group: str = "vsfilter") -> None:
    """Make an installed distribution `name` 1.0 whose module `name` is an entry point `name`."""
    (folder / f"{name}.py").write_text(dedent(code))
    metadata = folder / f"{name}-1.0.dist-info"
    metadata.mkdir(parents=True)
    (metadata / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {name}\nVersion: 1.0\n")
    target = name if group == "vsfilter" else f"{name}:{OBJECTS[group]}"
    (metadata / "entry_points.txt").write_text(f"[{group}]\n{name} = {target}\n")


def run(*arguments: str, folder: Path | None = None) -> subprocess.CompletedProcess[str]:
    """Run Python with these arguments and the distributions of a folder."""
    environment = {**os.environ, "PYTHONPATH": str(folder or ""), "COLUMNS": "200"}
    return subprocess.run(
        [sys.executable, "-W", "error", *arguments],
        capture_output=True,
        text=True,
        env=environment,
        check=False,
        stdin=subprocess.DEVNULL,
    )


def run_code(code: str, *, folder: Path | None = None) -> str:
    """Run a piece of code that has to succeed; give what it printed."""
    done = run("-c", dedent(code), folder=folder)
    assert done.returncode == 0, done.stderr
    return done.stdout
