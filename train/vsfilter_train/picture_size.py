"""The size of a picture file as its header tells it, before memory is taken for its pixels.

The layouts are those of the PNG specification (W3C, 2003, 11.2.2), ITU-T T.81 (JPEG, B.2.2), TIFF
6.0 (section 2) and Microsoft's BITMAPCOREHEADER and BITMAPINFOHEADER.
"""

from __future__ import annotations

import struct

_NO_FRAME = (0xC4, 0xC8, 0xCC)
"""JPEG's markers from 0xC0 to 0xCF that do not begin a picture."""
_ALONE = (0x01, *range(0xD0, 0xD9))
"""JPEG's markers without a segment."""
_WIDTH, _HEIGHT = 256, 257
"""TIFF's tags."""


def read_size(packed: bytes) -> tuple[int, int] | None:
    """Give columns and rows, in px; None for what is no PNG, JPEG, TIFF or BMP, or is damaged.

    Args:
        packed: The file.
    """
    try:
        if packed.startswith(b"\x89PNG\r\n\x1a\n"):
            return struct.unpack_from(">II", packed, 16)
        if packed.startswith(b"\xff\xd8"):
            return _jpeg_size(packed)
        if packed.startswith(b"BM"):
            return _bmp_size(packed)
        if packed.startswith((b"II*\0", b"MM\0*")):
            return _tiff_size(packed)
    except struct.error:  # it ends before its size is told
        return None
    return None


def _jpeg_size(packed: bytes) -> tuple[int, int] | None:
    at = 2
    while (at := packed.find(b"\xff", at)) >= 0:
        marker = packed[at + 1 : at + 2]
        if not marker or marker[0] in (0x00, 0xFF, *_ALONE):
            at += 1
            continue
        if 0xC0 <= marker[0] <= 0xCF and marker[0] not in _NO_FRAME:
            rows, columns = struct.unpack_from(">HH", packed, at + 5)
            return columns, rows
        at += 2 + struct.unpack_from(">H", packed, at + 2)[0]
    return None


def _bmp_size(packed: bytes) -> tuple[int, int]:
    is_core = struct.unpack_from("<I", packed, 14)[0] == 12
    columns, rows = struct.unpack_from("<HH" if is_core else "<ii", packed, 18)
    return abs(columns), abs(rows)  # rows below 0 say that the first one is on top


def _tiff_size(packed: bytes) -> tuple[int, int] | None:
    order = "<" if packed[:1] == b"I" else ">"
    at = struct.unpack_from(f"{order}I", packed, 4)[0]
    found = {}
    for number in range(struct.unpack_from(f"{order}H", packed, at)[0]):
        entry = at + 2 + 12 * number
        tag, kind = struct.unpack_from(f"{order}HH", packed, entry)
        found[tag] = struct.unpack_from(f"{order}{'H' if kind == 3 else 'I'}", packed, entry + 8)[0]
    if found.keys() >= {_WIDTH, _HEIGHT}:
        return found[_WIDTH], found[_HEIGHT]
    return None
