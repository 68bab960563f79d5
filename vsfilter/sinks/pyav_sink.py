"""A video file, encoded by FFmpeg, with all else of the input copied into it."""

from __future__ import annotations

import hashlib
from contextlib import ExitStack
from dataclasses import replace
from fractions import Fraction
from itertools import chain
from pathlib import Path

from av.error import FFmpegError

from vsfilter.clip import ClipInfo
from vsfilter.errors import SinkError, SinkExistsError, VsfilterError
from vsfilter.sinks.encoding.encoder import EncoderSettings
from vsfilter.sinks.encoding.encoder_check import open_checked
from vsfilter.sinks.encoding.encoder_setup import EncoderSetup
from vsfilter.sinks.output_file import OutputFile, Streams
from vsfilter.sinks.output_path import check_output, followed
from vsfilter.sinks.packet_times import decoding_times
from vsfilter.sinks.segments.packet_file import read_frames, read_times
from vsfilter.sinks.segments.segment_sink import FAILURES, SegmentSink
from vsfilter.sinks.segments.segment_store import Work
from vsfilter.sinks.segments.segment_writer import SegmentWriter
from vsfilter.sinks.segments.work_folder import WorkFolder, sync
from vsfilter.sinks.written_file import Expected, check_written


class FileSink(SegmentSink):
    """A file that appears under its name only when it is whole and checked.

    The video is encoded in segments, which a later run can use: see docs/resume.md. Leaving a
    `with` block finishes the file; an exception keeps the finished segments, if there are any.

    Args:
        path: The output; its suffix chooses the container.
        info: What holds for every frame of the output.
        settings: The encoder's settings.
        streams_from: The input whose other streams, tags and chapters are copied.
        work: How the output comes about.

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
        work: Work | None = None,
    ) -> None:
        work = work or Work()
        check_output(path, streams_from=streams_from, overwrite=work.overwrite)
        path = followed(path)  # so that it comes about beside its final place, on the same disk
        self._path, self._info, self._may_replace = path, info, work.overwrite
        self._setup = EncoderSetup.choose(settings, info, path)
        with ExitStack() as stack:
            self._folder = WorkFolder(path, keeps=work.keeps)
            stack.callback(self._folder.leave)
            self._folder.take()
            try:
                self._open(streams_from, work, stack)
            except VsfilterError:
                raise
            except (FFmpegError, ValueError) as error:
                raise SinkError(f"{self._failed(error)}: try other options or .mkv") from error
            except OSError as error:
                raise self._failed(error) from error
            self._cleanup = stack.pop_all()

    def _open(self, streams_from: Path | None, work: Work, stack: ExitStack) -> None:
        video = open_checked(self._setup)
        headers = video.codec_context.extradata or b""
        self._output = OutputFile(self._folder.whole, video, self._info, streams_from=streams_from)
        stack.callback(self._output.close)
        made_from = {**work.fingerprint, "headers": hashlib.sha256(headers).hexdigest()[:16]}
        work = replace(work, fingerprint=made_from)
        self._segments = SegmentWriter(self._folder, self._setup, headers=headers, work=work)
        stack.callback(self._segments.close)

    @property
    def streams(self) -> Streams:
        """The streams of the output."""
        return self._output.streams

    def finish(self) -> None:
        """Join the segments, check the file, and give it its name.

        Raises:
            SinkExistsError: Somebody else has put an output there in the meantime.
            SinkError: The file could not be written, or it does not hold what was given; then it
                is left in the work folder for study.
        """
        try:
            expected = self._join(self._segments.finish())
            sync(self._folder.whole)
            check_output(self._path, streams_from=None, overwrite=self._may_replace)
        except FAILURES as error:
            self.abort()
            if isinstance(error, SinkExistsError):
                raise
            raise self._failed(error) from error
        except BaseException:  # Ctrl-C leaves no half file either
            self.abort()
            raise
        self._cleanup.pop_all()  # from here on the file stays, whatever is wrong with it
        try:
            check_written(self._folder.whole, expected)
            self._folder.publish()
        except BaseException as error:
            self._folder.release()
            if isinstance(error, OSError):
                raise self._failed(error) from error
            raise
        self._folder.remove()

    def _join(self, segments: list[Path]) -> Expected:
        """Mux the frames of all segments; tell what the file must hold now."""
        times = [time for path in segments for time in read_times(path)]
        all_dts = decoding_times([time.pts for time in times])
        times.sort(key=lambda time: time.pts)
        frames = chain.from_iterable(read_frames(path) for path in segments)
        for number, (frame, dts) in enumerate(zip(frames, all_dts, strict=True), start=1):
            if number == len(times):
                length = times[-1].pts + times[-1].duration - times[0].pts
                self._output.write_last(frame, dts, length=length)
            else:
                self._output.write(frame, dts)
        self._output.finish()
        unit = self._info.time_base
        return Expected(
            times_s=[(time.pts - self._output.shift) * unit for time in times],
            last_duration_s=times[-1].duration * unit if times else Fraction(0),
            stream_counts=self._output.streams.counts,
        )

    def _failed(self, error: Exception) -> SinkError:
        reason = getattr(error, "strerror", None) or str(error)
        name = self._setup.encoder.name
        return SinkError(f"cannot write {str(self._path)!r} with {name}: {reason}")
