"""The packets of one video track, on the clock that all streams of the file share."""

from __future__ import annotations

from collections.abc import Iterator

from av.container import InputContainer
from av.packet import Packet
from av.stream import Discard, Stream
from av.video.frame import VideoFrame
from av.video.stream import VideoStream

from vsfilter.media.input_clock import InputClock, clock_streams


class TrackPackets:
    """The packets of one video track from where the container stands to its end.

    From the first one on, their times are mended where the clock of the file jumps; behind a seek
    they are those of the file, since nobody knows there which jumps came before. `stated_pts` of
    the decoded pictures gives the file's pts in both cases.

    Args:
        container: The file, at its start.
        track: The track.
        clock: Mends the times.
    """

    def __init__(self, container: InputContainer, track: VideoStream, *, clock: InputClock) -> None:
        self._container, self._index = container, track.index
        guides = clock_streams(container)
        self._clock = clock if guides else None
        self._read: list[Stream] = guides or [track]
        for stream in container.streams:
            stream.discard = Discard.default if stream in self._read else Discard.all

    def leave_clock(self) -> None:
        """Expect the container to stand anywhere."""
        self._clock = None

    def __iter__(self) -> Iterator[Packet[Stream]]:
        """Give the packets in order; the last one is empty."""
        packets = self._stated()
        if self._clock is not None:
            packets = self._clock.mended(packets)
        return (packet for packet in packets if packet.stream.index == self._index)

    def _stated(self) -> Iterator[Packet[Stream]]:
        for packet in self._container.demux(self._read):
            if not packet.size and packet.dts is not None:
                continue  # Theora: the picture before stays, and no stream ends
            packet.opaque = packet.pts
            yield packet


def stated_pts(picture: VideoFrame) -> int | None:
    """Give the pts of a picture as the file states it."""
    stated = picture.opaque
    return stated if isinstance(stated, int) else picture.pts
