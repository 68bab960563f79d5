"""The shape of pixels in a finished Matroska or WebM file.

FFmpeg's muxer writes it from a field of the stream that PyAV cannot set; H.264, HEVC and MPEG-4
say it themselves, but VP9, AV1, FFV1 and ProRes do not. So the size at which the picture is shown
(DisplayWidth and DisplayHeight of RFC 9559) is put in afterwards. The file keeps its length: the
space comes from the void that the muxer leaves after its table of contents.
"""

from __future__ import annotations

import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path

from vsfilter.errors import SinkError

_SEGMENT, _SEEK_HEAD, _SEEK, _SEEK_POSITION = 0x18538067, 0x114D9B74, 0x4DBB, 0x53AC
_TRACKS, _TRACK, _VIDEO, _CLUSTER = 0x1654AE6B, 0xAE, 0xE0, 0x1F43B675
_VOID, _CRC = 0xEC, 0xBF
_DISPLAY = (0x54B0, 0x54BA, 0x54B2)
"""DisplayWidth, DisplayHeight, DisplayUnit."""
_HEAD_BYTES = 1 << 24
"""More than any header; attachments follow it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class _Element:
    id: int
    start: int
    body: int
    stop: int


def write_aspect(path: Path, *, width: int, height: int, aspect: Fraction) -> None:
    """Say of the first video track how it is shown.

    Args:
        path: A file by FFmpeg's muxer.
        width: Columns of the picture, in px.
        height: Rows of the picture, in px.
        aspect: Width of a pixel divided by its height.

    Raises:
        SinkError: The file is not laid out as FFmpeg lays it out.
    """
    with path.open("r+b") as file:
        head = file.read(_HEAD_BYTES)
        segment = next(item for item in _children(head, 0, len(head)) if item.id == _SEGMENT)
        top: dict[int, _Element] = {}
        for item in _children(head, segment.body, len(head)):
            if item.id == _CLUSTER:
                break
            top.setdefault(item.id, item)
        if not {_SEEK_HEAD, _VOID, _TRACKS} <= top.keys():
            raise SinkError(f"no shape of pixels can be written into {str(path)!r}: report this")
        seek, void, tracks = top[_SEEK_HEAD], top[_VOID], top[_TRACKS]
        shown = _shown_size(width, height, aspect)
        longer = _with_display(head, tracks, shown)
        growth = len(longer) - (tracks.stop - tracks.start)
        room = void.stop - void.start - growth
        if room < 2 or not seek.stop <= void.start < tracks.start:
            raise SinkError(f"no shape of pixels can be written into {str(path)!r}: report this")
        moved = range(void.stop - segment.body, tracks.stop - segment.body)
        file.seek(seek.start)
        file.write(_with_positions(head, seek, moved, growth))
        file.seek(void.start)
        file.write(_void(room))
        file.write(head[void.stop : tracks.start] + longer)


def _shown_size(width: int, height: int, aspect: Fraction) -> tuple[int, int]:
    """Give the size whose shape is exact and that is nearest to the picture's height."""
    shape = width * aspect / height
    times = max(1, round(height / shape.denominator))
    return shape.numerator * times, shape.denominator * times


def _with_display(head: bytes, tracks: _Element, shown: tuple[int, int]) -> bytes:
    """Give the track list with the size in its first video track."""
    parts, is_done = [], False
    for track in _children(head, tracks.body, tracks.stop):
        inner = list(_children(head, track.body, track.stop)) if track.id == _TRACK else []
        video = next((item for item in inner if item.id == _VIDEO), None)
        if video is None or is_done:
            parts.append(head[track.start : track.stop])
            continue
        is_done = True
        kept = [c for c in _children(head, video.body, video.stop) if c.id not in _DISPLAY]
        body = b"".join(head[c.start : c.stop] for c in kept)
        for id, value in zip(_DISPLAY, shown, strict=False):
            body += _element(id, value.to_bytes(4, "big"))
        body = (
            head[track.body : video.start] + _element(_VIDEO, body) + head[video.stop : track.stop]
        )
        parts.append(_element(_TRACK, body))
    return _element(_TRACKS, _summed(parts))


def _with_positions(head: bytes, seek: _Element, moved: range, growth: int) -> bytes:
    """Give the table of contents, in which what stood between the void and the tracks is moved."""
    table = bytearray(head[seek.start : seek.stop])
    for entry in _children(head, seek.body, seek.stop):
        for item in _children(head, entry.body, entry.stop) if entry.id == _SEEK else ():
            if item.id != _SEEK_POSITION:
                continue
            position = int.from_bytes(head[item.body : item.stop], "big")
            if position in moved:
                place = slice(item.body - seek.start, item.stop - seek.start)
                table[place] = (position - growth).to_bytes(item.stop - item.body, "big")
    parts = [
        bytes(table[c.start - seek.start : c.stop - seek.start])
        for c in _children(head, seek.body, seek.stop)
    ]
    return bytes(table[: seek.body - seek.start]) + _summed(parts)


def _summed(parts: list[bytes]) -> bytes:
    """Join the children of an element; its checksum, if it has one, comes first."""
    if parts and parts[0][0] == _CRC:
        rest = b"".join(parts[1:])
        return _element(_CRC, zlib.crc32(rest).to_bytes(4, "little"), size_bytes=1) + rest
    return b"".join(parts)


def _children(data: bytes, start: int, stop: int) -> Iterator[_Element]:
    while start + 2 <= min(stop, len(data)):
        id_bytes = 9 - data[start].bit_length()
        at = start + id_bytes
        size_bytes = 9 - data[at].bit_length()
        mask = (1 << 7 * size_bytes) - 1
        size = int.from_bytes(data[at : at + size_bytes], "big") & mask
        body = at + size_bytes
        id = int.from_bytes(data[start:at], "big")
        yield _Element(id=id, start=start, body=body, stop=body + size)
        start = body + size


def _element(id: int, body: bytes, *, size_bytes: int = 4) -> bytes:
    size = (1 << 7 * size_bytes | len(body)).to_bytes(size_bytes, "big")
    return id.to_bytes((id.bit_length() + 7) // 8, "big") + size + body


def _void(length: int) -> bytes:
    size_bytes = 1 if length < 100 else 4
    return _element(_VOID, bytes(length - 1 - size_bytes), size_bytes=size_bytes)
