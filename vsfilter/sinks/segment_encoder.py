"""One segment of the video, encoded by an encoder of its own."""

from __future__ import annotations

import hashlib
from contextlib import suppress
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path

from av.packet import Packet
from av.video.stream import VideoStream

from vsfilter.errors import SinkError
from vsfilter.frame import Frame
from vsfilter.sinks.captions import CaptionWriter
from vsfilter.sinks.encoder_setup import EncoderSetup
from vsfilter.sinks.packet_alpha import alpha_of
from vsfilter.sinks.packet_file import EncodedFrame, PacketTime
from vsfilter.sinks.picture import to_picture
from vsfilter.sinks.work_folder import sync

_ROUNDING_S = Fraction(1, 1_000_000)
"""Most by which an encoder changes a time; libvpx counts tenths of a microsecond."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Segment:
    """A finished segment, as the journal notes it.

    Attributes:
        frames: Number of frames.
        size: Bytes of its file.
        sha256: Hash of its file, in hex.
    """

    frames: int
    size: int
    sha256: str


class SegmentEncoder:
    """Encodes frames into a file; the first is a keyframe, and none refers to another segment.

    Args:
        path: The file; while it is written, its name ends in `.new`.
        setup: What decides the result.
        headers: The codec's headers that the output states, which this encoder must have too.

    Attributes:
        frame_count: Frames given so far.

    Raises:
        FFmpegError: The encoder refuses the clip or an option.
        OSError: The file cannot be written.
        SinkError: The encoder has other headers than the output.
    """

    def __init__(self, path: Path, setup: EncoderSetup, *, headers: bytes) -> None:
        self._path = path
        self._new = path.with_name(f"{path.name}.new")
        self._setup = setup
        self._stream = setup.open()
        if (self._stream.codec_context.extradata or b"") != headers:
            raise SinkError(f"{setup.encoder.name} began with other headers than before: report it")
        self._file = self._new.open("wb")
        self._hash = hashlib.sha256()
        self._captions = CaptionWriter(self._stream.codec_context.codec.canonical_name)
        self._first_pts = 0
        self._waiting: dict[int, int | None] = {}  # durations of frames inside the encoder, by pts
        self.frame_count = 0

    def write(self, frame: Frame) -> None:
        """Encode one frame.

        Raises:
            FFmpegError: It cannot be encoded.
            OSError: The file cannot be written.
        """
        info = self._setup.info
        if not self.frame_count:
            self._first_pts = frame.pts
        self.frame_count += 1
        self._waiting[frame.pts] = frame.duration
        self._captions.note(frame.pts, frame.captions)
        picture = to_picture(
            frame, self._setup.encoder.pix_fmt, colour=info.colour, time_base=info.time_base
        )
        # from 0, so that a segment does not depend on where in the clip it lies
        picture.pts = frame.pts - self._first_pts
        for packet in self._stream.encode(picture):
            self._keep(packet)

    def _keep(self, packet: Packet[VideoStream]) -> None:
        pts = self._given_pts(packet)
        stated = self._waiting.pop(pts)
        duration = stated or packet.duration or 0
        data = EncodedFrame(
            time=PacketTime(pts=pts, duration=duration),
            is_keyframe=packet.is_keyframe,
            data=self._captions.apply(pts, bytes(packet)),
            alpha=alpha_of(packet),
        ).to_bytes()
        self._hash.update(data)
        self._file.write(data)

    def _given_pts(self, packet: Packet[VideoStream]) -> int:
        """Give the pts of the frame that a packet holds; libvpx rounds them to its own clock."""
        if packet.pts is not None and self._waiting:
            pts = packet.pts + self._first_pts
            nearest = min(self._waiting, key=lambda given: abs(given - pts))
            if nearest == pts or abs(nearest - pts) * self._setup.info.time_base < _ROUNDING_S:
                return nearest
        name = self._setup.encoder.name
        raise SinkError(f"{name} gave a frame at {packet.pts}, which it was not given: report this")

    def finish(self) -> Segment:
        """Write what the encoder still holds, and wait until the disk has the file.

        Raises:
            FFmpegError: A frame cannot be encoded.
            OSError: The file cannot be written.
            SinkError: The encoder lost frames.
        """
        for packet in self._stream.encode(None):
            self._keep(packet)
        if self._waiting:
            name = self._setup.encoder.name
            raise SinkError(f"{name} lost {len(self._waiting)} frames: report this")
        size = self._file.tell()
        self._file.close()
        sync(self._new)
        self._new.replace(self._path)
        sync(self._path.parent)
        return Segment(frames=self.frame_count, size=size, sha256=self._hash.hexdigest())

    def abort(self) -> None:
        """Remove what was written."""
        with suppress(OSError):  # closing writes, and the disk may be full
            self._file.close()
        self._new.unlink(missing_ok=True)
