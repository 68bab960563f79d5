"""Writes docs/licences.md: the licence of every package that vsfilter needs to run, as installed.

python scripts/list_licences.py
"""

from __future__ import annotations

import re
from importlib.metadata import Distribution, PackageNotFoundError, distribution
from pathlib import Path

PAGE = Path(__file__).parents[1] / "docs" / "licences.md"
_HEAD = """# Licences of what vsfilter needs

vsfilter is Apache-2.0. These packages are installed with it, as `requirements.lock` fixes them;
`scripts/list_licences.py` writes this page from their own metadata.
PyAV, OpenCV and VapourSynth carry libraries with licences of their own. PyAV's wheels hold an
FFmpeg with x264 and x265, which are under the GPL: who passes on a bundle with such a wheel passes
on GPL software.

| package | version | licence |
| --- | --- | --- |
"""
_UNSTATED = {
    "colorama": "BSD-3-Clause",
    "cuda-toolkit": "NVIDIA proprietary; it only names other packages",
}
"""Licences that no metadata here state; from the projects' own pages."""
_CLASSIFIER = "License :: OSI Approved :: "
_LONGEST = 60
"""Above this a field holds the text of a licence, not its name."""


def locked() -> dict[str, str]:
    """Give name and version of all packages that requirements.lock installs, on any platform."""
    text = (PAGE.parents[1] / "requirements.lock").read_text(encoding="utf-8")
    return dict(re.findall(r"^([a-z0-9][\w.-]*)==([\w.+]+)", text, re.MULTILINE))


def licence_of(package: Distribution) -> str:
    """Give the licence that a package states; empty where it states none."""
    metadata = package.metadata
    expression = metadata.get("License-Expression", "")
    named = [
        text.removeprefix(_CLASSIFIER)
        for text in metadata.get_all("Classifier", [])
        if text.startswith(_CLASSIFIER)
    ]
    free = metadata.get("License", "").strip()
    is_name = 0 < len(free) <= _LONGEST and "\n" not in free
    return expression or (free if is_name else "") or ", ".join(named) or _first_line(package)


def _first_line(package: Distribution) -> str:
    """Take the title of the licence file."""
    for file in package.files or ():
        if re.search(r"licen[cs]e|copying", file.name, re.IGNORECASE):
            text = file.read_text() if Path(file.locate()).is_file() else ""
            return next((line.strip() for line in text.splitlines() if line.strip()), "")
    return ""


def main() -> None:
    """Write the page."""
    rows = [f"| {name} | {version} | {_licence(name)} |" for name, version in locked().items()]
    PAGE.write_text(_HEAD + "\n".join(rows) + "\n", encoding="utf-8")


def _licence(name: str) -> str:
    try:
        return licence_of(distribution(name)) or _UNSTATED[name]
    except PackageNotFoundError:  # another platform's
        return _UNSTATED[name]


if __name__ == "__main__":
    main()
