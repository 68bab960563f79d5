"""The scripts behind docs/fidelity.md, on a small part of their work."""

import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parent.parent


def run(name, *arguments):
    call = [sys.executable, str(ROOT / "scripts" / name), *arguments]
    return subprocess.run(call, capture_output=True, text=True, check=False)


def test_the_table_says_what_the_command_does_now():
    result = run("make_fidelity_table.py", "--only", "film", "--check")
    assert result.returncode == 0, result.stdout + result.stderr
    assert "11 of 11 rows" in result.stdout


def test_damaged_files_are_written_or_refused_with_one_line():
    result = run("fuzz_transcode.py", "--count", "7", "--seed", "test")
    assert result.returncode == 0, result.stdout + result.stderr
    assert len(result.stdout.splitlines()) == 8


def test_damaged_weights_streams_recipes_and_journals_are_taken_or_refused_with_one_line():
    result = run("fuzz_inputs.py", "--count", "20", "--seed", "test")
    assert result.returncode == 0, result.stdout + result.stderr
    assert "refused" in result.stdout.splitlines()[-1]
