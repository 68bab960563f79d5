"""What a stranger gets: the wheel, its metadata, and the state of the source."""

import re
import subprocess
import sys
import tomllib
import zipfile
from email.parser import Parser
from pathlib import Path

import pytest

from tests.bundled_sets import BUNDLED

ROOT = Path(__file__).parents[1]
PAGES = sorted(page.relative_to(ROOT).as_posix() for page in (ROOT / "docs").rglob("*.md"))
SITE_PACKAGES = Path(next(path for path in sys.path if path.endswith("site-packages")))


def run_tool(*arguments):
    result = subprocess.run(
        [sys.executable, "-m", *arguments], cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert result.returncode == 0, result.stdout + result.stderr


def test_ruff_has_nothing_to_say():
    run_tool("ruff", "check", ".")
    run_tool("ruff", "format", "--check", ".")


def test_mypy_strict_has_nothing_to_say():
    run_tool("mypy")


def test_the_wheel_holds_the_packages_the_page_the_weights_and_no_tests(wheel):
    names = zipfile.ZipFile(wheel).namelist()
    tops = {name.split("/")[0] for name in names}
    plugins = {"basicvsr", "bicubic", "edvr", "realbasicvsr", "spandrel"}
    assert {"vsfilter", "vsfilter_train", *(f"vsfilter_{name}" for name in plugins)} <= tops
    for model, sets in BUNDLED.items():
        assert {f"vsfilter_{model}/weights/{name}.safetensors" for name in sets} <= set(names)
    assert "vsfilter_edvr/published/edvr.toml" in names
    assert "vsfilter/py.typed" in names
    page = ("page.html", "page.css", "viewer.js", "plot.js", "page.js")
    assert {f"vsfilter/compare/{name}" for name in page} <= set(names)
    assert not {"tests", "plugins", "train", "scripts", "docs", "examples"} & tops
    assert wheel.stat().st_size < 40_000_000


def test_the_wheel_states_its_licence_and_entry_points(wheel):
    archive = zipfile.ZipFile(wheel)
    metadata = Parser().parsestr(
        archive.read(next(n for n in archive.namelist() if n.endswith("METADATA"))).decode()
    )
    assert metadata["License-Expression"] == "Apache-2.0"
    assert metadata["Requires-Python"] == ">=3.12"
    points = archive.read(next(n for n in archive.namelist() if n.endswith("entry_points.txt")))
    for group in ("[vsfilter]", "[console_scripts]", "[vsfilter.commands]"):
        assert group in points.decode()


def test_the_requirements_are_locked_by_hash_and_name_no_index():
    text = (ROOT / "requirements.lock").read_text()
    assert "://" not in text
    requirements = [line for line in text.splitlines() if re.match(r"[a-z0-9]", line)]
    assert any(line.startswith("torch==") for line in requirements)
    assert text.count("--hash=sha256:") >= len(requirements)
    needed = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["dependencies"]
    names = {line.partition("==")[0] for line in requirements}
    assert {re.split(r"[<>=]", need)[0] for need in needed} <= names


def test_every_locked_package_has_its_version_and_licence_on_the_page():
    lock = (ROOT / "requirements.lock").read_text()
    locked = dict(re.findall(r"^([a-z0-9][\w.-]*)==([\w.+]+)", lock, re.MULTILINE))
    page = (ROOT / "docs" / "licences.md").read_text()
    rows = re.findall(r"^\| ([a-z0-9][\w.-]*) \| ([^|]+) \| ([^|]+) \|$", page, re.MULTILINE)
    listed = {name: (version, licence) for name, version, licence in rows if name != "package"}

    assert all(licence.strip() for _, licence in listed.values())
    assert {name: version for name, (version, _) in listed.items()} == locked


def test_the_wheel_holds_code_weights_and_text_alone(wheel):
    names = [name for name in zipfile.ZipFile(wheel).namelist() if ".dist-info/" not in name]
    suffixes = {".py", ".typed", ".toml", ".safetensors", ".html", ".css", ".js"}
    assert {Path(name).suffix for name in names if Path(name).name != "py.typed"} <= suffixes
    assert not [name for name in names if name.startswith(("/", "..")) or "__pycache__" in name]


def test_uv_starts_on_an_older_python():
    assert (ROOT / ".python-version").read_text().split() == ["3.12", "3.11"]
    assert "uv.lock" in (ROOT / ".gitignore").read_text()


@pytest.mark.parametrize("path", ["README.md", "CONTRIBUTING.md", "SECURITY.md", *PAGES])
def test_links_and_files_in_the_documents_exist(path):
    document = ROOT / path
    links = re.findall(r"\]\((?!https?://|#)([^)#]+)", document.read_text())
    missing = [link for link in links if not (document.parent / link).exists()]
    assert missing == []


def test_the_readme_and_ci_run_the_same_commands():
    readme = (ROOT / "README.md").read_text()
    assert "pip install uv && uv run vsr-transcode examples/demo.mp4 out.mkv" in readme
    assert "pip install uv && uv run pytest" in readme
    assert "pip install uv && uv run pytest" in (ROOT / ".ci" / "run").read_text()
