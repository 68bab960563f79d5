"""The index of a media file: what every frame of it is, found by decoding it once."""

from __future__ import annotations

import zlib
from dataclasses import dataclass, replace

from vsfilter.clip import ClipInfo
from vsfilter.errors import SourceError
from vsfilter.frame import FieldOrder, Frame
from vsfilter.sources.frame_maker import FrameMaker
from vsfilter.sources.video_decoder import VideoDecoder


@dataclass(frozen=True, slots=True, kw_only=True)
class IndexEntry:
    """What the index keeps of a frame.

    Attributes:
        pts: Its pts as the clip has it, mended where the file's is wrong.
        stated_pts: Its pts as the file has it.
        duration: Its time on screen; None where the file does not say.
        field_order: Which of its fields comes first.
        checksum: Checksum of its samples.
        is_key: Whether decoding can begin with it, as far as the decoder knows.
    """

    pts: int
    stated_pts: int | None
    duration: int | None
    field_order: FieldOrder
    checksum: int
    is_key: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class FileIndex:
    """All frames of a file, in order.

    Attributes:
        info: What holds for every frame, with the exact frame count.
        entries: One for each frame.
        numbers: Frame number by the pts that the file states; empty where these are missing or
            not unique, so that they cannot tell where a seek has led.
        reorder_depth: Frames that the decoder must hold back to give them in order.
    """

    info: ClipInfo
    entries: list[IndexEntry]
    numbers: dict[int, int]
    reorder_depth: int


def build_index(decoder: VideoDecoder) -> FileIndex:
    """Decode a file from its start to its end.

    Args:
        decoder: A decoder that has not given a picture yet.

    Raises:
        SourceError: No frame can be decoded, or the clip changes its size or format.
    """
    entries: list[IndexEntry] = []
    maker: FrameMaker | None = None
    for picture in decoder.pictures():
        if maker is None:
            maker = FrameMaker(decoder.path, decoder.stream, picture)
        frame = maker(picture)
        entries.append(
            IndexEntry(
                pts=frame.pts,
                stated_pts=picture.pts,
                duration=frame.duration,
                field_order=frame.field_order,
                checksum=checksum(frame),
                is_key=picture.key_frame,
            )
        )
    if maker is None:
        raise SourceError(
            f"input {decoder.path!r}: no frame of its video track can be decoded: "
            "it is damaged or cut off"
        )
    stated = (entry.stated_pts for entry in entries)
    numbers = {pts: number for number, pts in enumerate(stated) if pts is not None}
    return FileIndex(
        info=replace(maker.info, frame_count=len(entries)),
        entries=entries,
        numbers=numbers if len(numbers) == len(entries) else {},
        reorder_depth=decoder.stream.codec_context.reorder_depth,
    )


def checksum(frame: Frame) -> int:
    """Give a checksum of all samples of a frame."""
    value = 0
    for plane in frame.planes:
        value = zlib.crc32(memoryview(plane).cast("B"), value)
    return value
