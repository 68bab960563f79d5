"""Building wheels, and a fresh environment that borrows the dependencies of this one."""

import os
import shutil
import subprocess
import sys
import venv
from dataclasses import dataclass
from pathlib import Path

SITE_PACKAGES = Path(next(path for path in sys.path if path.endswith("site-packages")))


def build_wheel(project: Path, folder: Path) -> Path:
    """Build the wheel of a project by this environment's hatchling, without a network."""
    command = [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(folder)]
    done = subprocess.run(command, cwd=project, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    return max(folder.glob("*.whl"), key=lambda path: path.stat().st_mtime_ns)


@dataclass(frozen=True, slots=True, kw_only=True)
class Environment:
    """A virtual environment of its own.

    Attributes:
        python: Its interpreter.
        folder: Where its packages lie.
        variables: The environment variables of what runs in it.
    """

    python: Path
    folder: Path
    variables: dict[str, str]

    def run(self, *arguments, cwd: Path, check=True) -> subprocess.CompletedProcess[bytes]:
        """Run Python with these arguments; `vsr ...` and `vsr-transcode ...` run the commands."""
        program = self.python.parent / arguments[0]
        found = shutil.which(str(program))
        command = [found, *arguments[1:]] if found else [str(self.python), *arguments]
        done = subprocess.run(
            [str(argument) for argument in command],
            cwd=cwd,
            env=self.variables,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            check=False,
        )
        said = (done.stdout[-2000:] + done.stderr[-2000:]).decode(errors="replace")
        assert done.returncode == 0 or not check, said
        return done


def make_environment(home: Path, *wheels: Path) -> Environment:
    """Install wheels into a new environment; all else is borrowed from this one."""
    venv.create(home, with_pip=shutil.which("uv") is None, symlinks=sys.platform != "win32")
    programs = home / ("Scripts" if os.name == "nt" else "bin")
    python = Path(shutil.which("python", path=str(programs)))
    if uv := shutil.which("uv"):
        install = [uv, "pip", "install", "--offline", "--no-deps", "--python", str(python)]
    else:
        install = [str(python), "-m", "pip", "install", "--no-index", "--no-deps"]
    subprocess.run([*install, *map(str, wheels)], cwd=home, check=True, capture_output=True)
    folder = next(home.glob("**/site-packages"))
    (folder / "borrowed.pth").write_text(str(SITE_PACKAGES))
    variables = {name: value for name, value in os.environ.items() if name != "PYTHONPATH"}
    variables["XDG_CONFIG_HOME"] = str(home / "config")
    return Environment(python=python, folder=folder, variables=variables)
