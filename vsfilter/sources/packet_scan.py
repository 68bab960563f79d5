"""Presentation times of a track's frames, read from its packets without decoding."""

from __future__ import annotations

import heapq
from bisect import bisect_right
from collections.abc import Iterator

from av.error import FFmpegError
from av.packet import Packet
from av.stream import Discard
from av.video.stream import VideoStream

from vsfilter.input_limits import InputLimits
from vsfilter.sources.input_container import open_container, video_track

_EXACT_FORMATS = ("mov", "matroska")
"""Containers that hold a frame a packet, state its time, and seek by an index."""
_LARGEST_UNCODED = 19
"""Bytes of the largest packet of MPEG-4 Part 2 that may say "as before", which gives no picture."""


def has_exact_packets(format_name: str) -> bool:
    """Tell whether a container, by FFmpeg's name, states the time of each frame."""
    return format_name.startswith(_EXACT_FORMATS)


class _UncertainError(Exception):
    """The packets do not tell the times of the frames."""


class PacketScan:
    """The times of the frames of a file, read as far as they are asked for.

    They are certain only as long as each packet has a time of its own and is not marked as damaged.

    Args:
        path: A file of one of the containers whose packets are frames.
        track: Number of the video track.
        first_pts: The pts of the first frame that a decoder gave, in units of the time base.
        limits: What the file may name.
    """

    def __init__(
        self, path: str, *, track: int, first_pts: int | None, limits: InputLimits
    ) -> None:
        self._path, self._track, self._limits = path, track, limits
        self._times: list[int] = []  # of the frames, and at last the end
        self._keys: list[int] = []  # pts of the packets from which decoding can begin
        self._coming = self._read(first_pts)
        self._is_certain = True

    def times(self) -> Iterator[int | None]:
        """Give the pts of each frame, then the end of the last one; see `SkippingReader`."""
        number = 0
        while self._reach(number):
            yield self._times[number]
            number += 1
        if not self._is_certain:
            yield None

    def way_to(self, number: int) -> list[int]:
        """Give the times of the frames to decode for a frame, from a safe point on.

        That is the second keyframe before it: pictures after the first one may still refer to what
        lies before, where a container marks as keyframes what are mere points of recovery.

        Args:
            number: Number of the frame.

        Returns:
            The pts of the frames in order, that of the wanted one last; empty where decoding has to
            begin with the first frame.
        """
        if not self._reach(number + 1):  # the item after a frame's is a frame's or the end
            return []
        keys = sorted(self._keys)
        place = bisect_right(keys, self._times[number]) - 2
        if place < 1:
            return []
        start = bisect_right(self._times, keys[place]) - 1
        return self._times[start : number + 1]

    def _reach(self, number: int) -> bool:
        """Read on until an item is known; tell whether it came."""
        try:
            while len(self._times) <= number:
                time = next(self._coming, None)
                if time is None:
                    return False
                self._times.append(time)
        except _UncertainError:
            self._is_certain = False
            return False
        return True

    def _read(self, first_pts: int | None) -> Iterator[int]:
        last: int | None = None
        end = 0
        for pts, duration in self._in_order():
            if pts != first_pts if last is None else pts <= last:
                raise _UncertainError
            yield pts
            end = pts + (duration or pts - (pts if last is None else last))
            last = pts
        if last is not None:
            yield end

    def _in_order(self) -> Iterator[tuple[int, int]]:
        """Give pts and duration of the packets by pts, since they lie by decoding time.

        No packet to come is shown before the decoding time of one that came.
        """
        waiting: list[tuple[int, int]] = []
        for packet in self._packets():
            if packet.pts is None or packet.is_corrupt:
                raise _UncertainError
            if packet.is_keyframe:
                self._keys.append(packet.pts)
            heapq.heappush(waiting, (packet.pts, packet.duration or 0))
            while packet.dts is not None and waiting and waiting[0][0] < packet.dts:
                yield heapq.heappop(waiting)
        yield from sorted(waiting)

    def _packets(self) -> Iterator[Packet[VideoStream]]:
        """Give the packets that become frames; those before an edit's start do not."""
        with open_container(self._path, self._limits) as container:
            stream = video_track(container, self._path, track=self._track)
            codec = stream.codec_context.name
            for other in container.streams:
                other.discard = Discard.default if other.index == stream.index else Discard.all
            try:
                for packet in container.demux(stream):
                    if not packet.size or packet.is_discard or _is_hidden(packet, codec):
                        continue
                    if codec == "mpeg4" and packet.size <= _LARGEST_UNCODED:
                        raise _UncertainError  # perhaps no picture: the decoder will tell
                    yield packet
            except (FFmpegError, OSError) as error:  # the decoder will tell
                raise _UncertainError from error


def _is_hidden(packet: Packet[VideoStream], codec: str) -> bool:
    """Tell whether a packet of VP8 gives no picture, but helps later ones (RFC 6386, 9.1)."""
    return codec == "vp8" and not memoryview(packet)[0] & 0x10
