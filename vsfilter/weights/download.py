"""Fetching a file: continued where it broke off, and named only when its hash is right.

The standard library does it (`http_transfer.py`). Of the small libraries none does all: pooch and
torch.hub check hashes but begin anew, huggingface_hub continues from its own hub only.
"""

from __future__ import annotations

import http.client
import logging
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from vsfilter.errors import DownloadError

from .folder import blame_folder, sha256
from .http_transfer import BrokenOffError, HttpTransfer, Report, length_of

logger = logging.getLogger(__name__)

ATTEMPTS = 4
"""Attempts in a row that bring nothing new before giving up."""
FIRST_PAUSE_S = 0.5


@dataclass(frozen=True, slots=True, kw_only=True)
class Download:
    """What to fetch.

    Attributes:
        url: Where from, http or https.
        target: The file to make; its folder exists. Until it is whole and checked it is called
            `<name>.part`, which stays when the transfer is interrupted and is continued later.
        sha256: Hash that it must have, in hex, or the first digits.
        size: Length that it must have, in bytes; None where it is not known.
    """

    url: str
    target: Path
    sha256: str
    size: int | None = None

    @property
    def part(self) -> Path:
        """What has come so far."""
        return self.target.with_name(self.target.name + ".part")

    def is_whole(self) -> bool:
        """Tell whether what has come so far is the file."""
        return self.part.is_file() and sha256(self.part).startswith(self.sha256)


def fetch(
    download: Download, report: Report, *, pause: Callable[[float], None] = time.sleep
) -> None:
    """Fetch a file, continuing what an earlier call left.

    Args:
        download: What to fetch.
        report: Is told how far it is.
        pause: Waits this many seconds between attempts.

    Raises:
        DownloadError: The server does not have it, sends something else, or keeps breaking off.
        WeightsError: The disk refuses it.
    """
    is_continued = length_of(download.part) > 0
    if not (is_continued and download.is_whole()):
        _transfer(download, report, pause)
        if is_continued and not download.is_whole():
            # the beginning that lay there may be of another file: the same once more without it
            download.part.unlink()
            _transfer(download, report, pause)
        if not download.is_whole():
            digest = sha256(download.part)
            download.part.unlink()
            raise DownloadError(
                f"'{download.url}' gives something else (its hash is {digest[:8]}... and not "
                f"{download.sha256[:8]}...), which was deleted"
            )
    with blame_folder(download.target.parent):
        download.part.replace(download.target)


def _transfer(download: Download, report: Report, pause: Callable[[float], None]) -> None:
    """Fetch until all bytes that the server promised are there."""
    transfer = HttpTransfer(download.url, download.part, size=download.size, report=report)
    failures, most = 0, length_of(download.part)
    while True:
        try:
            is_asked_too_much = not transfer.attempt()
        except (BrokenOffError, http.client.HTTPException, OSError) as error:
            length = length_of(download.part)
            failures = 0 if length > most else failures + 1
            most = max(most, length)
            reason = getattr(error, "reason", None) or str(error) or type(error).__name__
            if failures >= ATTEMPTS:
                raise DownloadError(
                    f"'{download.url}' cannot be fetched ({reason}): try again later"
                ) from error
            logger.warning("'%s' cannot be fetched (%s): trying again", download.url, reason)
            pause(FIRST_PAUSE_S * 2**failures)
        else:
            if not is_asked_too_much or download.is_whole():
                return
            download.part.unlink()  # longer than the file: no beginning of it
