"""One segment of the video, encoded by an encoder of its own."""

from __future__ import annotations

import hashlib
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from av.packet import Packet
from av.video.stream import VideoStream

from vsfilter.errors import SinkError
from vsfilter.frame import Frame
from vsfilter.sinks.encoding.captions import with_captions
from vsfilter.sinks.encoding.encoder_clock import EncoderClock
from vsfilter.sinks.encoding.encoder_setup import EncoderSetup
from vsfilter.sinks.encoding.picture import to_picture
from vsfilter.sinks.segments.packet_alpha import alpha_of
from vsfilter.sinks.segments.packet_file import EncodedFrame, PacketTime
from vsfilter.sinks.segments.work_folder import sync


@dataclass(frozen=True, slots=True, kw_only=True)
class _Given:
    """What is known of a frame that is inside the encoder."""

    pts: int
    duration: int | None
    captions: bytes | None


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
        self._codec = self._stream.codec_context.codec.canonical_name
        self._clock = EncoderClock(setup.info.time_base)
        self._waiting: dict[int, _Given] = {}  # by the time that the encoder knows
        self.frame_count = 0

    def write(self, frame: Frame) -> None:
        """Encode one frame.

        Raises:
            FFmpegError: It cannot be encoded.
            OSError: The file cannot be written.
        """
        setup, clock = self._setup, self._clock
        self.frame_count += 1
        picture = to_picture(frame, setup.encoder.pix_fmt, colour=setup.info.colour)
        picture.time_base = clock.unit
        picture.pts = clock.to_encoder(frame.pts)
        if frame.duration is not None:
            picture.duration = clock.lasting(frame.duration)
        self._waiting[picture.pts] = _Given(
            pts=frame.pts, duration=frame.duration, captions=frame.captions
        )
        for packet in self._stream.encode(picture):
            self._keep(packet)

    def _keep(self, packet: Packet[VideoStream]) -> None:
        given = None if packet.pts is None else self._waiting.pop(packet.pts, None)
        if given is None:
            name = self._setup.encoder.name
            raise SinkError(
                f"{name} gave a frame at {packet.pts}, which it was not given: report this"
            )
        duration = given.duration or self._clock.to_clip(packet.duration or 0)
        data = EncodedFrame(
            time=PacketTime(pts=given.pts, duration=duration),
            is_keyframe=packet.is_keyframe,
            data=with_captions(self._codec, bytes(packet), given.captions),
            alpha=alpha_of(packet),
        ).to_bytes()
        self._hash.update(data)
        self._file.write(data)

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
        self._let_go()
        size = self._file.tell()
        self._file.close()
        sync(self._new)
        self._new.replace(self._path)
        sync(self._path.parent)
        return Segment(frames=self.frame_count, size=size, sha256=self._hash.hexdigest())

    def _let_go(self) -> None:
        """Free the encoder now: its stream and its container hold each other until one is closed.

        Python finds such rings by itself only when many objects have come, which few of them do
        beside torch; meanwhile each keeps all the pictures of an encoder.
        """
        self._stream.container.close()

    def abort(self) -> None:
        """Remove what was written."""
        self._let_go()
        with suppress(OSError):  # closing writes, and the disk may be full
            self._file.close()
        self._new.unlink(missing_ok=True)
