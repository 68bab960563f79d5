"""Parts of a page that scripts write; they lie between marks."""

from __future__ import annotations

import re


def replace_section(text: str, name: str, body: str) -> str:
    """Put `body` between the marks of a section, `<!-- begin NAME -->` and `<!-- end NAME -->`.

    Raises:
        SystemExit: The page has no such section, or several.
    """
    marks = f"<!-- begin {name} -->", f"<!-- end {name} -->"
    pattern = re.compile(f"{re.escape(marks[0])}.*?{re.escape(marks[1])}", re.DOTALL)
    found = pattern.findall(text)
    if len(found) != 1:
        raise SystemExit(f"the page has {len(found)} sections {name!r}: it needs one")
    return pattern.sub(lambda _: f"{marks[0]}\n{body}\n{marks[1]}", text)
