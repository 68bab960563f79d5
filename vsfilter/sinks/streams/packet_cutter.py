"""The copied packets and chapters of an excerpt: which are kept, and when they are shown."""

from __future__ import annotations

from fractions import Fraction
from typing import TYPE_CHECKING

from av.packet import Packet
from av.stream import Stream

from vsfilter.clip import TimeRange
from vsfilter.sinks.streams.attachments import is_cover

if TYPE_CHECKING:
    from av.container.core import Chapter


class PacketCutter:
    """Cuts the packets of the copied streams to an excerpt; times are those of the output.

    Audio packets that are heard in the excerpt are kept whole, so that the first one may begin
    before 0. Subtitles that are seen in it are kept, and begin at 0 at the earliest. Video that is
    copied begins with its first keyframe.

    Args:
        covers: The excerpt, on the input's clock.

    Attributes:
        length_s: How long the excerpt is; None until its end is known exactly.
    """

    def __init__(self, covers: TimeRange) -> None:
        self.length_s: Fraction | None = None
        if covers.end_s is not None and covers.is_end_exact:
            self.length_s = covers.end_s - covers.start_s
        self._video_starts: dict[int, Fraction] = {}
        self._standing: dict[int, Packet[Stream]] = {}  # subtitles that stay until the next one
        self._moved: dict[int, int] = {}  # pts of the last packet that was moved to the start

    def fit(self, packet: Packet[Stream]) -> list[Packet[Stream]]:
        """Give a packet as the excerpt has it, or nothing."""
        time = packet.pts if packet.pts is not None else packet.dts
        if time is None or is_cover(packet.stream):
            return [packet]
        unit = unit_of(packet)
        begin_s = time * unit
        if self.length_s is not None and begin_s >= self.length_s:
            return []
        if packet.stream.type == "subtitle":
            return self._fit_subtitle(packet, time, unit)
        if packet.stream.type == "video":
            return [packet] if self._is_decodable(packet, begin_s) else []
        is_heard = begin_s >= 0 or begin_s + (packet.duration or 0) * unit > 0
        return [packet] if is_heard else []

    def _is_decodable(self, packet: Packet[Stream], begin_s: Fraction) -> bool:
        index = packet.stream_index
        if index not in self._video_starts and packet.is_keyframe and begin_s >= 0:
            self._video_starts[index] = begin_s
        return index in self._video_starts and begin_s >= self._video_starts[index]

    def _fit_subtitle(
        self, packet: Packet[Stream], time: int, unit: Fraction
    ) -> list[Packet[Stream]]:
        if not packet.duration:  # a bitmap, which stays until the next packet
            if time <= 0:
                self._standing[packet.stream_index] = packet
            return [packet] if time > 0 else []
        end = time + packet.duration
        if end <= 0:
            return []
        if time < 0:
            time = self._move_to_start(packet)
        if self.length_s is not None:
            end = min(end, round(self.length_s / unit))
        packet.duration = max(1, end - time)
        return [packet]

    def settle(self) -> list[Packet[Stream]]:
        """Give the subtitles that were there before the excerpt and stay in it.

        To be called when all packets up to time 0 have gone through `fit`.
        """
        standing, self._standing = self._standing, {}
        for packet in standing.values():
            self._move_to_start(packet)
        return list(standing.values())

    def _move_to_start(self, packet: Packet[Stream]) -> int:
        """Let a packet begin at 0, or a tick after another one that does; give its pts."""
        time = self._moved.get(packet.stream_index, -1) + 1
        self._moved[packet.stream_index] = packet.pts = packet.dts = time
        return time


def cut_chapters(chapters: list[Chapter], covers: TimeRange) -> list[Chapter]:
    """Give the chapters that lie in an excerpt, on its clock; a chapter may lose its beginning.

    Args:
        chapters: The chapters of the input.
        covers: The excerpt, on the input's clock.
    """
    kept: list[Chapter] = []
    for chapter in chapters:
        unit = Fraction(chapter["time_base"].numerator, chapter["time_base"].denominator)
        offset = round(covers.start_s / unit)
        start, end = max(0, chapter["start"] - offset), chapter["end"] - offset
        if covers.end_s is not None:
            end = min(end, round(covers.end_s / unit) - offset)
        # the last chapter of a film may begin where it ends, and has no length
        is_point = chapter["start"] == chapter["end"] == start + offset and covers.end_s is None
        if start < end or is_point:
            kept.append({**chapter, "start": start, "end": end})
    return kept


def unit_of(packet: Packet[Stream]) -> Fraction:
    """Give the seconds in one unit of a packet's times."""
    return Fraction(packet.time_base.numerator, packet.time_base.denominator)


def start_of(packet: Packet[Stream]) -> Fraction | None:
    """Give the decoding time of a packet in seconds, as muxers order them."""
    time = packet.dts if packet.dts is not None else packet.pts
    return None if time is None else time * unit_of(packet)
