"""Durations of encoded packets, which encoders forget."""

from __future__ import annotations

from av.packet import Packet
from av.video.stream import VideoStream


class PacketTimes:
    """The durations of the frames that an encoder still holds; all in units of its time base.

    Attributes:
        last_duration: Time on screen of the last frame; 0 where it is not stated.
    """

    def __init__(self) -> None:
        self.last_duration = 0
        self._durations: dict[int, int] = {}
        self._first_pts: int | None = None
        self._last_pts = 0
        self._first_dts: int | None = None

    def note(self, pts: int, duration: int | None) -> None:
        """Remember the times of a frame that goes into the encoder."""
        if self._first_pts is None:
            self._first_pts = pts
        self._last_pts = pts
        self.last_duration = duration or 0
        if duration:
            self._durations[pts] = duration

    def apply(self, packet: Packet[VideoStream]) -> None:
        """Give a packet the duration of its frame."""
        if self._first_dts is None:
            self._first_dts = packet.dts
        if packet.pts is not None:
            packet.duration = self._durations.pop(packet.pts, packet.duration)

    def stretch(self, packet: Packet[VideoStream]) -> None:
        """Let the last packet reach the end of the last frame.

        MP4 keeps differences of decoding times, and its track ends where they add up to; after
        B-frames of a variable rate that may be before the last frame is over.
        """
        if packet.dts is None or self._first_dts is None or self._first_pts is None:
            return
        length = self._last_pts + self.last_duration - self._first_pts
        packet.duration = max(packet.duration or 0, length - (packet.dts - self._first_dts))
