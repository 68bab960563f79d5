"""`vsr doctor` on broken installations: what it is for."""

import os

import pytest

from tests.fresh_python import install, run
from vsfilter.vapoursynth import vspipe_setup

DOCTOR = "from vsfilter.cli.main import run; sys.argv = ['vsr', 'doctor', *{words}]; run()"


def doctor(before="", *words, folder=None):
    done = run("-c", f"import sys\n{before}\n" + DOCTOR.format(words=words), folder=folder)
    return done, dict(line.split(maxsplit=1) for line in done.stdout.splitlines())


@pytest.fixture
def ready(tmp_path, monkeypatch):
    """An installation whose vspipe knows its Python."""
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "config"))
    (tmp_path / "config").mkdir()
    assert vspipe_setup.fix().problem == ""


def test_a_good_installation_is_all_well(ready):
    done, lines = doctor()
    assert (done.returncode, done.stderr) == (0, "")
    assert lines["vspipe"].endswith("ready")
    assert lines["plugins"].endswith("all well")


def test_what_fails_is_told_and_the_rest_is_looked_at(ready, tmp_path):
    install(tmp_path, "vanished_plugin", "import no_such_module")
    broken = "sys.modules['torch'] = None"
    done, lines = doctor(broken, folder=tmp_path)
    assert (done.returncode, done.stderr) == (1, "")
    assert lines["device"].startswith("failed: ModuleNotFoundError: import of torch halted")
    assert "std" in lines["filters"]
    assert lines["plugins"].startswith("plugin vanished_plugin: ModuleNotFoundError")
    assert lines["vspipe"].endswith("ready")
    assert "Traceback" in doctor(broken, "--debug")[0].stderr


def test_mending_that_fails_is_told_in_its_line(tmp_path, monkeypatch):
    (tmp_path / "file").write_text("")
    monkeypatch.setenv("XDG_CONFIG_HOME", os.fspath(tmp_path / "file"))
    done, lines = doctor("", "--fix")
    assert (done.returncode, done.stderr) == (1, "")
    assert lines["vspipe"].startswith("vapoursynth config did not help")
    assert lines["plugins"].endswith("all well")
