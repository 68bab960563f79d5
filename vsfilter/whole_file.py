"""Files that appear under their name only when they are whole."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path


@contextmanager
def whole_file(path: Path) -> Iterator[Path]:
    """Give the body another name to write to, beside `path`; after it, the file takes its own.

    If the body fails, what it wrote is removed, and what was there before is still there.

    Args:
        path: What is to appear, or to be replaced; its folder exists.

    Raises:
        OSError: It cannot take its name.
    """
    part = path.with_name(path.name + ".part")
    try:
        yield part
        part.replace(path)
    except BaseException:
        with suppress(OSError):  # what went wrong before is what matters
            part.unlink(missing_ok=True)
        raise
