"""Pictures as bytes of a file format that browsers show, within a bound."""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field

import cv2
import numpy as np

from vsfilter.compare.picture_maker import Pixels

MOST_BYTES = 60_000_000
"""Bound of all pictures of a page; base64 makes a page of 80 MB of them."""
_WEBP_MOST_PX = 16_383
_QUICK_PNG = [cv2.IMWRITE_PNG_COMPRESSION, 1]
_LOSSLESS_WEBP = [cv2.IMWRITE_WEBP_QUALITY, 101]
_FINE_JPEG = [
    cv2.IMWRITE_JPEG_QUALITY,
    97,
    cv2.IMWRITE_JPEG_SAMPLING_FACTOR,
    cv2.IMWRITE_JPEG_SAMPLING_FACTOR_444,
]


@dataclass(frozen=True, slots=True, kw_only=True)
class PngPair:
    """The pictures of a pair, packed quickly while it is not known which are shown."""

    a: bytes = field(repr=False)
    b: bytes = field(repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class PictureFile:
    """One encoded picture."""

    kind: str
    content: bytes = field(repr=False)

    @property
    def data_uri(self) -> str:
        """The picture as the address of an image."""
        return f"data:image/{self.kind};base64,{b64encode(self.content).decode('ascii')}"


@dataclass(frozen=True, slots=True, kw_only=True)
class ShownPair:
    """The two pictures of a pair as the page has them."""

    a: PictureFile
    b: PictureFile

    @property
    def size(self) -> int:
        """Bytes of both."""
        return len(self.a.content) + len(self.b.content)


@dataclass(frozen=True, slots=True, kw_only=True)
class ShownPictures:
    """All pictures of the page.

    Attributes:
        pairs: By number of the pair, ascending.
        is_lossless: Whether the pictures are exactly what was measured.
        left_out: Numbers of the pairs for which the bound left no room.
    """

    pairs: dict[int, ShownPair]
    is_lossless: bool
    left_out: list[int]


def encode_png(picture: Pixels) -> bytes:
    """Pack a picture without loss, quickly."""
    return _encode(".png", np.ascontiguousarray(picture[..., ::-1]), _QUICK_PNG)


def pack_pictures(
    pictures: dict[int, PngPair], order: Sequence[int], *, most_bytes: int = MOST_BYTES
) -> ShownPictures:
    """Pack pictures for the page: without loss if that fits, else as JPEG of the finest quality.

    Args:
        pictures: By number of the pair.
        order: All these numbers, the most important first.
        most_bytes: Bound of all files; what does not fit as JPEG either is left out.
    """
    with ThreadPoolExecutor(thread_name_prefix="vsfilter-pack") as pool:
        pairs = dict(zip(order, pool.map(_lossless, [pictures[n] for n in order]), strict=True))
        is_lossless = sum(pair.size for pair in pairs.values()) <= most_bytes
        if not is_lossless:
            pairs = dict(zip(order, pool.map(_jpeg, [pictures[n] for n in order]), strict=True))
    left_out = []
    while len(pairs) > 1 and sum(pair.size for pair in pairs.values()) > most_bytes:
        left_out.append(pairs.popitem()[0])
    return ShownPictures(
        pairs=dict(sorted(pairs.items())), is_lossless=is_lossless, left_out=sorted(left_out)
    )


def _lossless(pair: PngPair) -> ShownPair:
    return ShownPair(a=_webp(pair.a), b=_webp(pair.b))


def _webp(png: bytes) -> PictureFile:
    """Pack as lossless WebP, a third smaller than PNG; as PNG what is too large for WebP."""
    picture = _decode(png)
    if max(picture.shape) > _WEBP_MOST_PX:
        return PictureFile(kind="png", content=png)
    return PictureFile(kind="webp", content=_encode(".webp", picture, _LOSSLESS_WEBP))


def _jpeg(pair: PngPair) -> ShownPair:
    a, b = (_encode(".jpg", _decode(png), _FINE_JPEG) for png in (pair.a, pair.b))
    return ShownPair(a=PictureFile(kind="jpeg", content=a), b=PictureFile(kind="jpeg", content=b))


def _decode(png: bytes) -> Pixels:
    """Give (h, w, 3), BGR: cv2's order."""
    return np.asarray(cv2.imdecode(np.frombuffer(png, np.uint8), cv2.IMREAD_COLOR), np.uint8)


def _encode(suffix: str, bgr: Pixels, options: list[int]) -> bytes:
    return bytes(cv2.imencode(suffix, bgr, options)[1])
