"""Encoded frames in a file of their own: what an encoder gave, before any container."""

from __future__ import annotations

import struct
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

_HEAD = struct.Struct("<qqQ?")
"""What stands before the bytes of each frame: pts, duration, number of bytes, keyframe."""


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
    """

    time: PacketTime
    is_keyframe: bool
    data: bytes

    def to_bytes(self) -> bytes:
        """Give the bytes that stand for it in a file."""
        head = _HEAD.pack(self.time.pts, self.time.duration, len(self.data), self.is_keyframe)
        return head + self.data


def read_frames(path: Path) -> Iterator[EncodedFrame]:
    """Give the frames of a file in the order in which they were encoded.

    Raises:
        ValueError: The file breaks off.
    """
    with path.open("rb") as file:
        while (head := _read_head(file)) is not None:
            pts, duration, size, is_keyframe = head
            data = file.read(size)
            if len(data) != size:
                raise ValueError(f"{path.name} breaks off within a frame")
            time = PacketTime(pts=pts, duration=duration)
            yield EncodedFrame(time=time, is_keyframe=is_keyframe, data=data)


def read_times(path: Path) -> list[PacketTime]:
    """Give the times of the frames of a file in the order in which they were encoded."""
    times = []
    with path.open("rb") as file:
        while (head := _read_head(file)) is not None:
            pts, duration, size, _ = head
            file.seek(size, 1)
            times.append(PacketTime(pts=pts, duration=duration))
    return times


def _read_head(file: BinaryIO) -> tuple[int, int, int, bool] | None:
    head = file.read(_HEAD.size)
    if not head:
        return None
    if len(head) != _HEAD.size:
        raise ValueError("a segment breaks off between two frames")
    pts, duration, size, is_keyframe = _HEAD.unpack(head)
    return pts, duration, size, is_keyframe
