"""The container of an output: encoded video, and all that is copied from the input."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path

import av
from av.error import FFmpegError
from av.video.stream import VideoStream

from vsfilter.clip import ClipInfo
from vsfilter.sinks.matroska_aspect import write_aspect
from vsfilter.sinks.segments.packet_alpha import set_alpha
from vsfilter.sinks.segments.packet_file import EncodedFrame
from vsfilter.sinks.streams.remux import REFUSALS, StreamCopier
from vsfilter.sinks.written_file import count_streams

_MUXER_OPTIONS = {
    ".mp4": {"movflags": "+faststart"},
    # QuickTime's own keys, such as those of phones; in MP4 they would push the cover out
    ".mov": {"movflags": "+faststart+use_metadata_tags"},
}


_STATE_ASPECT = ("h264", "hevc", "mpeg4", "mpeg2video")
"""Codecs that state the shape of pixels themselves."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Streams:
    """What becomes of the streams of an input.

    Attributes:
        counts: Number of streams in the output, by kind.
        converted: Streams in another codec, as "1 (audio aac to libopus at 96 kbit/s)".
        dropped: Streams that the output cannot hold, as "2 (subtitle dvb_subtitle)".
    """

    counts: dict[str, int]
    converted: tuple[str, ...]
    dropped: tuple[str, ...]


class OutputFile:
    """A container whose header is written at once, so that it is known to hold the streams.

    Args:
        path: The file.
        video: An open encoder's stream, whose parameters the video has.
        info: What holds for every frame of the output; of an excerpt, also the time it covers.
        streams_from: The input whose other streams, tags and chapters are copied.

    Attributes:
        shift: Units of the time base that are taken off every time of the video.
        streams: Those that it will have, and those that it cannot hold.

    Raises:
        FFmpegError: The container cannot hold a stream.
        ValueError: The same.
        SinkError: The input cannot be read.
    """

    def __init__(
        self, path: Path, video: VideoStream, info: ClipInfo, *, streams_from: Path | None
    ) -> None:
        self._copier: StreamCopier | None = None
        self._path, self._time_base = path, info.time_base
        self._keeps_dts_only = path.suffix.lower() in (".mp4", ".mov")
        options = _MUXER_OPTIONS.get(path.suffix.lower(), {})
        self._output = av.open(f"file:{path}", "w", container_options=options)
        try:
            self._stream = self._output.add_stream_from_template(video, opaque=True)
            self._stream.time_base = info.time_base
            context = self._stream.codec_context
            if self._keeps_dts_only and context.codec.canonical_name == "hevc":
                context.codec_tag = "hvc1"  # Apple's players refuse FFmpeg's hev1
            shift_s = info.covers.start_s if info.covers else Fraction(0)
            if streams_from is not None:
                self._copier = StreamCopier(streams_from, self._output, self._stream, info)
                shift_s = self._copier.shift
            self.streams = Streams(
                counts=count_streams(self._output),
                converted=self._copier.plan.converted if self._copier else (),
                dropped=self._copier.plan.dropped if self._copier else (),
            )
            self._output.start_encoding()
        except BaseException:
            self.close()
            raise
        self.shift = round(shift_s / info.time_base)
        self._first_dts: int | None = None
        self._end = 0  # of the frame that is shown last

    def write(self, frame: EncodedFrame, dts: int) -> None:
        """Mux a frame, and all else of the input up to its time.

        Args:
            frame: The frame.
            dts: Its decoding time.

        Raises:
            FFmpegError: It cannot be written.
            OSError: The same.
        """
        self._mux(frame, dts, duration=frame.time.duration)

    def write_last(self, frame: EncodedFrame, dts: int, *, length: int) -> None:
        """Mux the frame that is decoded last; see `write`.

        MP4 keeps differences of decoding times, and its track ends where they add up to; after
        B-frames of a variable rate that may be before the last frame is over. So there the frame
        is stretched.

        Args:
            frame: The frame.
            dts: Its decoding time.
            length: Duration of the video.
        """
        duration = frame.time.duration
        if self._keeps_dts_only:
            first_dts = dts if self._first_dts is None else self._first_dts
            duration = max(duration, length - (dts - first_dts))
        self._mux(frame, dts, duration=duration)

    def _mux(self, frame: EncodedFrame, dts: int, *, duration: int) -> None:
        packet = av.Packet(frame.data)
        packet.pts, packet.dts = frame.time.pts - self.shift, dts - self.shift
        self._end = max(self._end, packet.pts + frame.time.duration)
        packet.duration = duration
        packet.time_base = self._time_base
        packet.is_keyframe = frame.is_keyframe
        set_alpha(packet, frame.alpha)
        packet.stream = self._stream
        if self._first_dts is None:
            self._first_dts = dts
        if self._copier is not None:
            self._copier.copy_until(packet.dts * self._time_base)
        try:
            self._output.mux_one(packet)
        except REFUSALS as error:
            if self._copier is None:
                raise
            # of a copied packet that has waited for its turn; the check of the whole file tells
            self._copier.note_refused(error)

    def finish(self) -> None:
        """Copy what is left of the input, and complete the file.

        Raises:
            FFmpegError: It cannot be written.
            OSError: The same.
        """
        if self._copier is not None:
            self._copier.copy_rest(self._end * self._time_base)
            if self._keeps_dts_only:  # MP4 leaves out streams without packets
                for kind in self._copier.empty_kinds:
                    self.streams.counts[kind] -= 1
        self._output.close()
        self._write_aspect()
        self.close()

    def _write_aspect(self) -> None:
        """Put into a finished Matroska file what FFmpeg's muxer could not be told."""
        context = self._stream.codec_context
        shape = context.sample_aspect_ratio
        if self._keeps_dts_only or context.codec.canonical_name in _STATE_ASPECT or not shape:
            return
        if (aspect := Fraction(shape.numerator, shape.denominator)) != 1:
            write_aspect(self._path, width=context.width, height=context.height, aspect=aspect)

    def close(self) -> None:
        """Release the files; safe to call at any time."""
        if self._copier is not None:
            self._copier.close()
        with suppress(FFmpegError, OSError, ValueError):
            self._output.close()
