"""What an input of a stranger may ask for: how much of it is read, and what it may name.

Knows neither FFmpeg nor numpy: commands make these before anything is opened.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

from vsfilter.errors import OptionError, SourceError

LARGEST_PICTURE_PX = 140_000_000
"""Pixels of the largest picture by default: 16K, 15360x8640, has 133 million."""
_URL = re.compile(r"[a-z][a-z0-9+.-]+(,[^:]*)?:", re.ASCII | re.IGNORECASE)
_HEAD_BYTES = 4096
_PLAYLISTS = (b"#EXTM3U", b"ffconcat version", b"<MPD", b"<AssetMap", b"v=0")
"""How files begin, after blanks, that name others: HLS, FFmpeg's concat, DASH, IMF, SDP."""


@dataclass(frozen=True, slots=True, kw_only=True)
class InputLimits:
    """How much of an input is read, and whether it may name other files and hosts.

    Attributes:
        max_pixels: Most pixels of one picture; an input with larger ones is refused before memory
            is taken for them.
        max_frames: Most frames of one input, of which a picture of two fields counts as one; None
            for any number.
        allow_url: Whether inputs may be URLs, or playlists, which name other files or hosts.

    Raises:
        OptionError: A limit is below 1, or no whole number.
    """

    max_pixels: int = LARGEST_PICTURE_PX
    max_frames: int | None = None
    allow_url: bool = False

    def __post_init__(self) -> None:
        """Refuse limits that no input keeps to."""
        for name, limit in (("max_pixels", self.max_pixels), ("max_frames", self.max_frames)):
            is_number = isinstance(limit, int) and not isinstance(limit, bool)
            if limit is not None and (not is_number or limit < 1):
                raise OptionError(f"{name} is {limit!r}: give a whole number from 1")

    def check_size(self, path: str, *, width: int, height: int) -> None:
        """Refuse pictures that are too large.

        Raises:
            SourceError: They are.
        """
        if width * height > self.max_pixels:
            raise SourceError(
                f"input {path!r} has pictures of {width}x{height} px, which is more than "
                f"{self.max_pixels} pixels: raise --max-pixels (in scripts max_pixels) if that is "
                "meant"
            )

    def check_count(self, path: str, count: int | None) -> None:
        """Refuse a clip that is too long.

        Args:
            path: The input, for messages.
            count: Frames that it has, or claims to have; None where that is not known.

        Raises:
            SourceError: There are more than allowed.
        """
        if self.max_frames is not None and count is not None and count > self.max_frames:
            raise SourceError(
                f"input {path!r} has more than {self.max_frames} frames: raise --max-frames (in "
                "scripts max_frames) if that is meant"
            )

    def check_name(self, path: str) -> None:
        """Refuse an input that names other files or hosts, unless that is allowed.

        Raises:
            SourceError: It does.
        """
        if self.allow_url:
            return
        if is_url(path):
            raise SourceError(f"input {path!r} is no file, and URLs are read with --allow-url only")
        if is_playlist(path):
            raise SourceError(
                f"input {path!r} is a playlist, which names other files or hosts: it is read with "
                "--allow-url only"
            )


WITHIN_REASON = InputLimits()
"""What holds where the user says nothing."""


def is_url(path: str) -> bool:
    """Tell whether an input is named by a protocol of FFmpeg, not by a path."""
    return bool(_URL.match(path)) and not Path(path).exists()


def is_playlist(path: str) -> bool:
    """Tell from its first bytes whether a file is a list of other files.

    This is for a clear message, and to know where sound can be copied from. What keeps FFmpeg from
    reading such a file is `vsfilter.media.media_file`, which asks FFmpeg itself.
    """
    file = Path(path)
    if not file.is_file():
        return False
    try:
        with file.open("rb") as opened:
            head = opened.read(_HEAD_BYTES).removeprefix(b"\xef\xbb\xbf").lstrip()
    except OSError:  # who opens it as a clip says why not
        return False
    is_xml = head.startswith(b"<?xml")
    return any(sign in head if is_xml else head.startswith(sign) for sign in _PLAYLISTS)
