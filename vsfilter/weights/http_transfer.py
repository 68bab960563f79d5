"""One transfer over HTTP, in as many attempts as it takes; each asks for what is missing.

urllib knows proxies (HTTP_PROXY, HTTPS_PROXY, NO_PROXY and the system's), redirects and
certificates; what this adds are ranges (RFC 9110, section 14) and suspicion.
"""

from __future__ import annotations

import re
import urllib.error
import urllib.request
from collections.abc import Callable
from http import HTTPStatus
from http.client import HTTPResponse
from pathlib import Path

from vsfilter.errors import DownloadError

from .folder import blame_folder

TIMEOUT_S = 30.0
CHUNK = 1 << 16
PASSING = (408, 425, 429, 500, 502, 503, 504)
"""Answers that may be better the next time."""

Report = Callable[[int, int | None], None]
"""Is told the bytes that are there, and the bytes in all where the server states them."""


class BrokenOffError(Exception):
    """An attempt ended early; what came is kept."""


class HttpTransfer:
    """Attempts at one file, of which each continues the one before.

    Args:
        url: Where from.
        part: Where to; what lies there is continued.
        size: Length that the file must have, in bytes; None where it is not known.
        report: Is told how far it is.
    """

    def __init__(self, url: str, part: Path, *, size: int | None, report: Report) -> None:
        self._url = url
        self._part = part
        self._size = size
        self._report = report
        self._etag = ""  # of the file whose beginning this process fetched

    def attempt(self) -> bool:
        """Ask for what is missing and append it.

        Returns:
            False when the server has nothing from there on: what lies there is whole, or too long.

        Raises:
            BrokenOffError: It ended early.
            DownloadError: The server refuses for good, or offers another file.
            WeightsError: The disk refuses it.
            OSError: There is no connection.
        """
        offset = length_of(self._part)
        # a server that compresses on the way would make every length and offset wrong
        headers = {"User-Agent": "vsfilter", "Accept-Encoding": "identity"}
        if offset:
            headers["Range"] = f"bytes={offset}-"
            if self._etag:
                headers["If-Range"] = self._etag
        opener = urllib.request.build_opener()  # reads the proxies of this moment
        try:
            request = urllib.request.Request(self._url, headers=headers)
            with opener.open(request, timeout=TIMEOUT_S) as response:
                self._receive(response, offset)
        except urllib.error.HTTPError as error:
            error.close()
            if error.code == HTTPStatus.REQUESTED_RANGE_NOT_SATISFIABLE and offset:
                return False
            if error.code in PASSING:
                raise BrokenOffError(f"{error.code} {error.reason}") from error
            raise DownloadError(
                f"'{self._url}' cannot be fetched: the server answers {error.code} {error.reason}"
            ) from error
        return True

    def _receive(self, response: HTTPResponse, offset: int) -> None:
        is_rest = response.status == HTTPStatus.PARTIAL_CONTENT
        done = offset if is_rest else 0
        total = self._total(response, offset) if is_rest else response.length
        if self._size is not None and total not in (None, self._size):
            raise DownloadError(
                f"'{self._url}' is another file: the server offers {total} bytes and not "
                f"{self._size}"
            )
        etag = response.headers.get("ETag", "")
        self._etag = "" if etag.startswith("W/") else etag  # a weak one promises no equal bytes
        with blame_folder(self._part.parent), self._part.open("ab" if is_rest else "wb") as file:
            while chunk := _read(response):
                file.write(chunk)
                done += len(chunk)
                self._report(done, total)
                if self._size is not None and done > self._size:
                    break  # the hash of so much cannot be right, and it may never end
        if total is not None and done < total:
            raise BrokenOffError(f"after {done} of {total} bytes")

    def _total(self, response: HTTPResponse, offset: int) -> int | None:
        """Give the length of the whole file, where an answer with the rest of it tells."""
        span = re.fullmatch(r"bytes (\d+)-\d+/(\d+|\*)", response.headers.get("Content-Range", ""))
        if span is None or int(span[1]) != offset:
            self._part.unlink()  # so that the next attempt asks for all
            raise BrokenOffError(f"the server sends another part than bytes {offset}-")
        return None if span[2] == "*" else int(span[2])


def _read(response: HTTPResponse) -> bytes:
    """Read a piece; what the network refuses must not look like the disk's fault."""
    try:
        return response.read1(CHUNK)  # what is there; `read` would wait for more
    except OSError as error:
        raise BrokenOffError(str(error) or type(error).__name__) from error


def length_of(path: Path) -> int:
    """Give the length of a file in bytes, 0 where there is none."""
    return path.stat().st_size if path.is_file() else 0
