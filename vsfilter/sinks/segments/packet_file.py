"""Encoded frames in a file of their own: what an encoder gave, before any container."""

from __future__ import annotations

import os
import struct
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

_HEAD = struct.Struct("<qqQQ?")
"""What stands before the bytes of each frame: pts, duration, numbers of bytes, keyframe."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PacketTime:
    """When an encoded frame is shown, in units of the clip's time base.

    Attributes:
        pts: Presentation time.
        duration: Time on screen; 0 where it is not stated.
    """

    pts: int
    duration: int


@dataclass(frozen=True, slots=True, kw_only=True)
class EncodedFrame:
    """One frame as the encoder gave it.

    Attributes:
        time: When it is shown.
        is_keyframe: It can be decoded without others.
        data: Its bytes.
        alpha: The bytes of its alpha, where the codec has a stream of its own for it.
    """

    time: PacketTime
    is_keyframe: bool
    data: bytes
    alpha: bytes = b""

    def to_bytes(self) -> bytes:
        """Give the bytes that stand for it in a file."""
        time, sizes = self.time, (len(self.data), len(self.alpha))
        head = _HEAD.pack(time.pts, time.duration, *sizes, self.is_keyframe)
        return head + self.data + self.alpha


def read_frames(path: Path) -> Iterator[EncodedFrame]:
    """Give the frames of a file in the order in which they were encoded.

    Raises:
        ValueError: The file breaks off.
    """
    with path.open("rb") as file:
        while (head := _read_head(file)) is not None:
            data, alpha = file.read(head.size), file.read(head.alpha_size)
            if (len(data), len(alpha)) != (head.size, head.alpha_size):
                raise ValueError(f"{path.name} breaks off within a frame")
            yield EncodedFrame(time=head.time, is_keyframe=head.is_keyframe, data=data, alpha=alpha)


def read_times(path: Path) -> list[PacketTime]:
    """Give the times of the frames of a file in the order in which they were encoded.

    Raises:
        ValueError: The file breaks off.
    """
    times = []
    with path.open("rb") as file:
        while (head := _read_head(file)) is not None:
            file.seek(head.size + head.alpha_size, 1)
            times.append(head.time)
    return times


@dataclass(frozen=True, slots=True, kw_only=True)
class _Head:
    """What stands before the bytes of a frame."""

    time: PacketTime
    size: int
    alpha_size: int
    is_keyframe: bool


def _read_head(file: BinaryIO) -> _Head | None:
    head = file.read(_HEAD.size)
    if not head:
        return None
    if len(head) != _HEAD.size:
        raise ValueError("a segment breaks off between two frames")
    pts, duration, size, alpha_size, is_keyframe = _HEAD.unpack(head)
    left = os.fstat(file.fileno()).st_size - file.tell()
    if size + alpha_size > left:
        raise ValueError(f"a segment breaks off within a frame of {size + alpha_size} bytes")
    time = PacketTime(pts=pts, duration=duration)
    return _Head(time=time, size=size, alpha_size=alpha_size, is_keyframe=is_keyframe)
