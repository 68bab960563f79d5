"""A video file, encoded by FFmpeg, with all else of the input copied into it."""

from __future__ import annotations

import os
from contextlib import suppress
from dataclasses import replace
from fractions import Fraction
from pathlib import Path
from types import TracebackType
from typing import Self

import av
from av.error import FFmpegError
from av.packet import Packet
from av.video.stream import VideoStream

from vsfilter.clip import ClipInfo
from vsfilter.errors import SinkError
from vsfilter.frame import Frame
from vsfilter.sinks.captions import CaptionWriter
from vsfilter.sinks.encoder import EncoderSettings, choose_encoder
from vsfilter.sinks.output_path import check_output, create_part
from vsfilter.sinks.packet_times import PacketTimes
from vsfilter.sinks.picture import to_picture
from vsfilter.sinks.remux import StreamCopier
from vsfilter.sinks.video_stream import (
    MUXER_OPTIONS,
    add_video_stream,
    check_size,
    finish_header,
)
from vsfilter.sinks.written_file import check_written


class FileSink:
    """A file that appears under its name only when it is whole and checked.

    Leaving a `with` block finishes the file, and an exception removes what was written.

    Args:
        path: The output; its suffix chooses the container.
        info: What holds for every frame of the output.
        settings: The encoder's settings.
        streams_from: The input whose other streams, tags and chapters are copied.
        overwrite: Whether an existing file may be replaced.

    Raises:
        SinkExistsError: The output exists.
        OptionError: The encoder or an option of it is unknown.
        SinkError: The output cannot be written, or the encoder refuses the clip.
    """

    def __init__(
        self,
        path: Path,
        info: ClipInfo,
        settings: EncoderSettings,
        *,
        streams_from: Path | None = None,
        overwrite: bool = False,
    ) -> None:
        check_output(path, streams_from=streams_from, overwrite=overwrite)
        self._path, self._info = path, info
        self._encoder = choose_encoder(
            settings, info.format, suffix=path.suffix.lower(), has_alpha=info.has_alpha
        )
        if self._encoder.format != info.format:
            name, pix_fmt = self._encoder.name, self._encoder.pix_fmt
            raise SinkError(f"encoder {name} takes no such clip: convert it to {pix_fmt} first")
        check_size(self._encoder, info)
        self._times_s: list[Fraction] = []
        self._packet_times = PacketTimes()
        self._is_done = False
        self._copier: StreamCopier | None = None
        self._part = create_part(path)
        try:
            self._open(settings, streams_from)
        except BaseException:
            self.abort()
            raise

    def _open(self, settings: EncoderSettings, streams_from: Path | None) -> None:
        os.environ.setdefault("SVT_LOG", "1")  # svtav1's only switch against 20 lines on stderr
        options = MUXER_OPTIONS.get(self._path.suffix.lower(), {})
        self._output = av.open(f"file:{self._part}", "w", container_options=options)
        try:
            self._stream = add_video_stream(
                self._output, self._encoder, self._info, threads=settings.threads
            )
            self._captions = CaptionWriter(self._stream.codec_context.codec.canonical_name)
            if streams_from is not None:
                self._copier = StreamCopier(streams_from, self._output, self._stream)
            self._output.start_encoding()
        except (FFmpegError, ValueError) as error:
            raise SinkError(f"{self._failed(error)}: try other options or .mkv") from error

    @property
    def frame_count(self) -> int:
        """Number of frames given so far."""
        return len(self._times_s)

    def write(self, frame: Frame) -> None:
        """Encode one frame.

        Raises:
            SinkError: It does not fit the clip, or cannot be encoded or written.
        """
        info = self._info
        if (frame.width, frame.height, frame.format) != (info.width, info.height, info.format):
            raise SinkError(f"{frame!r} does not fit a clip of {info.width}x{info.height}")
        shift = self._copier.shift if self._copier else Fraction(0)
        pts = frame.pts - round(shift / info.time_base)
        self._times_s.append(pts * info.time_base)
        self._packet_times.note(pts, frame.duration)
        self._captions.note(pts, frame.captions)
        given, pix_fmt = replace(frame, pts=pts), self._encoder.pix_fmt
        picture = to_picture(given, pix_fmt, colour=info.colour, time_base=info.time_base)
        try:
            for packet in self._stream.encode(picture):
                self._packet_times.apply(packet)
                self._mux(packet)
        except (FFmpegError, OSError, ValueError) as error:
            raise self._failed(error) from error

    def _mux(self, packet: Packet[VideoStream]) -> None:
        if self._copier is not None and packet.dts is not None:
            unit = Fraction(packet.time_base.numerator, packet.time_base.denominator)
            self._copier.copy_until(packet.dts * unit)
        self._output.mux_one(self._captions.apply(packet))

    def finish(self) -> None:
        """Write what the encoder still holds, check the file, and give it its name.

        Raises:
            SinkError: The file could not be written, or it does not hold what was given; then it
                is left under its temporary name for study.
        """
        if self._is_done:
            return
        is_mp4 = self._path.suffix.lower() in (".mp4", ".mov")
        try:
            rest = self._stream.encode(None)
            for packet in rest:
                self._packet_times.apply(packet)
                if packet is rest[-1] and is_mp4:
                    self._packet_times.stretch(packet)
                self._mux(packet)
            if self._copier is not None:
                self._copier.copy_rest()
            self._output.close()
        except (FFmpegError, OSError, ValueError) as error:
            self.abort()
            raise self._failed(error) from error
        except BaseException:  # Ctrl-C leaves no half file either
            self.abort()
            raise
        self._release()
        finish_header(self._part, self._info, self._encoder.name)
        last_s = self._packet_times.last_duration * self._info.time_base
        check_written(self._part, self._times_s, last_duration_s=last_s)
        try:
            self._part.replace(self._path)
        except OSError as error:
            raise self._failed(error) from error

    def abort(self) -> None:
        """Remove what was written; safe to call at any time."""
        if not self._is_done:
            self._release()
            self._part.unlink(missing_ok=True)

    def _release(self) -> None:
        self._is_done = True
        if self._copier is not None:
            self._copier.close()
        if (output := getattr(self, "_output", None)) is not None:
            with suppress(FFmpegError, OSError, ValueError):
                output.close()

    def _failed(self, error: Exception) -> SinkError:
        reason, name = getattr(error, "strerror", None) or str(error), self._encoder.name
        return SinkError(f"cannot write {str(self._path)!r} with {name}: {reason}")

    def __enter__(self) -> Self:
        """Return the sink itself."""
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
        /,
    ) -> None:
        """Finish the file, or remove it when the block failed."""
        if kind is None:
            self.finish()
        else:
            self.abort()
