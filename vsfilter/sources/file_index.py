"""The index of a media file: what every frame of it is, found by decoding it once."""

from __future__ import annotations

import zlib
from collections import Counter
from dataclasses import dataclass, replace

from vsfilter.clip import ClipInfo
from vsfilter.errors import SourceError
from vsfilter.frame import Frame
from vsfilter.sources.frame_maker import FrameMaker
from vsfilter.sources.frame_table import FrameTable, IndexEntry
from vsfilter.sources.index_cache import read_table, store_table
from vsfilter.sources.track_packets import stated_pts
from vsfilter.sources.video_decoder import VideoDecoder, no_frame_text

_PICTURE_TYPES = "?IPBSipb"
"""FFmpeg's kinds of coded pictures by number; the small letters are those of SI, SP and BI."""


@dataclass(frozen=True, slots=True, kw_only=True)
class FileIndex:
    """All frames of a file, in order, and what holds for all of them.

    Attributes:
        info: What holds for every frame, with the exact frame count.
        table: What is known of each frame.
        numbers: Frame number by the pts that the file states, which tells where a seek has led; of
            frames that share one, or have none, it tells nothing.
    """

    info: ClipInfo
    table: FrameTable
    numbers: dict[int, int]


def open_index(decoder: VideoDecoder, *, track: int) -> FileIndex:
    """Take the index of a file from the cache, or decode the file from its start to its end.

    Args:
        decoder: A decoder that has not given a picture yet. It may stand anywhere afterwards.
        track: Number of the video track that it decodes.

    Raises:
        SourceError: No frame can be decoded, there are more than allowed, or the clip changes its
            size or format.
    """
    stored = read_table(decoder.path, track=track)
    if stored is not None:
        decoder.limits.check_count(decoder.path, len(stored.entries))
        index = _with_first_frame(decoder, stored)
        if index is not None:
            return index
        decoder.restart()
    index = _decode(decoder)
    if not decoder.damaged_packets:  # damage may be concealed in another way the next time
        store_table(decoder.path, index.table, track=track)
    return index


def _with_first_frame(decoder: VideoDecoder, table: FrameTable) -> FileIndex | None:
    """Complete a stored table by the first picture; None where the file has another one."""
    picture = next(decoder.pictures(), None)
    if picture is None or not table.entries:
        return None
    maker = FrameMaker(decoder.path, decoder.stream, picture)
    if checksum(maker(picture)) != table.entries[0].checksum:
        return None
    return _index(maker.info, table)


def _decode(decoder: VideoDecoder) -> FileIndex:
    entries: list[IndexEntry] = []
    maker: FrameMaker | None = None
    for number, picture in enumerate(decoder.pictures(), start=1):
        decoder.limits.check_count(decoder.path, number)
        if maker is None:
            maker = FrameMaker(decoder.path, decoder.stream, picture)
        frame = maker(picture)
        entries.append(
            IndexEntry(
                pts=frame.pts,
                stated_pts=stated_pts(picture),
                duration=frame.duration,
                field_order=frame.field_order,
                checksum=checksum(frame),
                is_key=picture.key_frame,
                picture_type=_PICTURE_TYPES[picture.pict_type],
            )
        )
    if maker is None:
        raise SourceError(no_frame_text(decoder))
    depth = decoder.stream.codec_context.reorder_depth
    return _index(maker.info, FrameTable(entries=entries, reorder_depth=depth))


def _index(info: ClipInfo, table: FrameTable) -> FileIndex:
    count = len(table.entries)
    stated = [entry.stated_pts for entry in table.entries]
    times = Counter(stated)
    numbers = {
        pts: number for number, pts in enumerate(stated) if pts is not None and times[pts] == 1
    }
    return FileIndex(info=replace(info, frame_count=count), table=table, numbers=numbers)


def checksum(frame: Frame) -> int:
    """Give a checksum of all samples of a frame."""
    value = 0
    for plane in frame.planes:
        value = zlib.crc32(memoryview(plane).cast("B"), value)
    return value
