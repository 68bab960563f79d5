"""The file of a page, which gets its name only when it is whole."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from vsfilter.closing import Closing
from vsfilter.errors import SinkError
from vsfilter.sinks.output_path import check_output

SUFFIXES = (".html", ".htm")


class PageFile(Closing):
    """A page under a temporary name beside its place; leaving a `with` block removes the rest.

    Args:
        path: Where the page goes.
        inputs: What it must not replace.
        overwrite: Whether an existing page may be replaced.

    Raises:
        SinkExistsError: The page exists.
        SinkError: It cannot be written there, or is an input.
    """

    def __init__(self, path: Path, *, inputs: Iterable[str], overwrite: bool) -> None:
        for origin in (None, *(Path(source) for source in inputs if Path(source).is_file())):
            check_output(path, streams_from=origin, overwrite=overwrite, suffixes=SUFFIXES)
        self._path = path
        self._part = path.with_suffix(f".part{path.suffix}")
        try:
            self._part.open("wb").close()
        except OSError as error:
            raise SinkError(f"cannot write to {str(path.parent)!r}: {error.strerror}") from error

    def write(self, pieces: Iterable[str]) -> int:
        """Write the page and give it its name.

        Returns:
            Its size in bytes.

        Raises:
            SinkError: The disk is full, or the page may not be replaced.
        """
        try:
            # newline: the same bytes on every system; errors: names of files need not be text
            with self._part.open(
                "w", encoding="utf-8", errors="backslashreplace", newline="\n"
            ) as file:
                file.writelines(pieces)
            size = self._part.stat().st_size
            self._part.replace(self._path)
        except OSError as error:
            raise SinkError(f"cannot write {str(self._path)!r}: {error.strerror}") from error
        return size

    def close(self) -> None:
        """Remove what has not become the page."""
        self._part.unlink(missing_ok=True)
