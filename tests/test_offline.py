"""Nothing goes out to a network unless the user asks for it."""

import subprocess
import sys
from pathlib import Path

from tests.clips import Clip, make_clip

GUARD = """
import socket, sys

def refuse(event, arguments):
    if event in ("socket.connect", "socket.getaddrinfo", "socket.sendto", "socket.gethostbyname"):
        raise RuntimeError(f"network: {event} {arguments[-1]}")

sys.addaudithook(refuse)
try:
    socket.create_connection(("127.0.0.1", 9))
except RuntimeError as error:
    assert "network" in str(error)
else:
    raise SystemExit("the guard does nothing")
"""
COMMANDS = """
import vsfilter, vsfilter_train
from importlib.metadata import entry_points
for entry in entry_points(group="vsfilter"):
    entry.load()
from vsfilter.cli import main, transcode
from typer.testing import CliRunner
for app, call in (
    (transcode.app, ["film.mkv", "out.mkv", "--scale", "4"]),
    (main.make_app(), ["models"]),
    (main.make_app(), ["weights", "list"]),
    (main.make_app(), ["compare", "film.mkv", "out.mkv", "-o", "page.html"]),
):
    result = CliRunner().invoke(app, call)
    assert result.exit_code == 0, (call, result.output, result.exception)
print("done")
"""


def test_neither_imports_nor_commands_open_a_connection(tmp_path):
    make_clip(tmp_path / "film.mkv", Clip(count=3, width=32, height=24))
    done = subprocess.run(
        [sys.executable, "-c", GUARD + COMMANDS],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert done.stdout.endswith("done\n")
    assert {path.name for path in tmp_path.iterdir()} == {"film.mkv", "out.mkv", "page.html"}


def test_a_page_of_a_comparison_names_no_host():
    folder = Path(__file__).parents[1] / "vsfilter" / "compare"
    for name in ("page.html", "page.css", "viewer.js", "plot.js", "page.js"):
        text = (folder / name).read_text(encoding="utf-8").replace("http://www.w3.org/2000/svg", "")
        assert "://" not in text, name
