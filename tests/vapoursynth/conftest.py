"""Threads of the core are put back after each test; vspipe has a configuration of its own."""

import os
import subprocess
from pathlib import Path

import pytest
import vapoursynth as vs

from vsfilter.vapoursynth import vspipe_setup


@pytest.fixture(autouse=True)
def _threads():
    before = vs.core.num_threads
    yield
    vs.core.num_threads = before


@pytest.fixture(scope="session")
def vspipe(tmp_path_factory):
    """Run vspipe with arguments; gives the finished process, stdout in bytes."""
    home = tmp_path_factory.mktemp("config")
    environment = {
        **os.environ,
        "XDG_CONFIG_HOME": str(home),
        "PYTHONPATH": str(Path(__file__).parents[2]),
    }
    programs = {name: vspipe_setup.find_program(name) for name in ("vapoursynth", "vspipe")}
    subprocess.run(
        [str(programs["vapoursynth"]), "config"], env=environment, check=True, capture_output=True
    )

    def run(*arguments, check=True):
        return subprocess.run(
            [str(programs["vspipe"]), *map(str, arguments)],
            env=environment,
            check=check,
            capture_output=True,
            timeout=120,
        )

    return run
