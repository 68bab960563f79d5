"""Frames as numbered images, with a file of their times beside them."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack, suppress
from fractions import Fraction
from itertools import chain
from pathlib import Path

from vsfilter.clip import ClipInfo
from vsfilter.errors import SinkError, SinkExistsError
from vsfilter.sinks.encoding.encoder import EncoderSettings
from vsfilter.sinks.encoding.encoder_check import open_checked
from vsfilter.sinks.encoding.encoder_setup import EncoderSetup
from vsfilter.sinks.image_path import check_images, times_path
from vsfilter.sinks.image_streams import image_streams, start_of
from vsfilter.sinks.segments.packet_file import read_frames, read_times
from vsfilter.sinks.segments.segment_sink import FAILURES, SegmentSink
from vsfilter.sinks.segments.segment_store import Work
from vsfilter.sinks.segments.segment_writer import SegmentWriter
from vsfilter.sinks.segments.work_folder import WorkFolder, sync

_TIMES_HEAD = "# timestamp format v2\n"


class ImageSink(SegmentSink):
    """Numbered images from 0 on, which appear under their names when all are made and decoded.

    They come about in segments, as a file does: a run that is stopped goes on, also where it is
    stopped while the images get their names. Beside them lies `timecodes.txt`, one line of
    milliseconds a frame, as mkvmerge and x264 read it.

    Args:
        target: Their common name, with the number as %d or %05d.
        info: What holds for every frame of the output.
        settings: The encoder's settings.
        streams_from: The input, whose other streams images cannot hold.
        work: How the output comes about. Where existing images may be replaced, those beyond the
            last one are removed.

    Raises:
        SinkExistsError: There are such images.
        OptionError: The encoder has no such option.
        SinkError: They cannot be written.
    """

    def __init__(
        self,
        target: str,
        info: ClipInfo,
        settings: EncoderSettings,
        *,
        streams_from: Path | None = None,
        work: Work | None = None,
    ) -> None:
        work = work or Work()
        self._images = check_images(target, overwrite=work.overwrite)
        self._target, self._info, self._may_replace = target, info, work.overwrite
        setup = EncoderSetup.choose(settings, info, Path(target))
        open_checked(setup)
        self.streams = image_streams(streams_from)
        self._start_s = info.covers.start_s if info.covers else start_of(streams_from)
        with ExitStack() as stack:
            if not self._images.folder.exists():
                stack.callback(self._remove_empty_folder)
            self._folder = WorkFolder(Path(target), keeps=work.keeps)
            try:
                self._images.folder.mkdir(exist_ok=True)
                stack.callback(self._folder.leave)
                self._folder.take()
                self._segments = SegmentWriter(self._folder, setup, headers=b"", work=work)
            except OSError as error:
                raise self._failed(error) from error
            stack.callback(self._segments.close)
            self._cleanup = stack.pop_all()

    def finish(self) -> None:
        """Wait until all images are decoded, and give them their names, the file of times last.

        Raises:
            SinkExistsError: Somebody else has put images there in the meantime.
            SinkError: Something cannot be written. What is there stays for a later run.
        """
        try:
            segments = self._segments.finish()
            check_images(self._target, overwrite=self._may_replace)
            self._folder.publishing.touch()
            sync(self._folder.publishing)
            self._publish(segments)
        except FAILURES as error:
            self.abort()
            if isinstance(error, SinkExistsError):
                raise
            raise self._failed(error) from error
        except BaseException:
            self.abort()
            raise
        self._cleanup.pop_all()
        self._folder.remove()

    def _publish(self, segments: list[Path]) -> None:
        images = chain.from_iterable(read_frames(path) for path in segments)
        for number, image in enumerate(images):
            self._put(self._images.file(number), image.data)
        for number, path in self._images.existing().items():
            if number >= self.frame_count:  # of the longer clip that was here before
                path.unlink()
        if list(self._images.existing()) != list(range(self.frame_count)):
            raise SinkError(f"images of {str(self._images.folder)!r} are missing: report this")
        times = (time.pts for path in segments for time in read_times(path))
        self._put(times_path(self._images), "".join(self._times(times)).encode("ascii"))
        sync(self._images.folder)

    def _put(self, path: Path, data: bytes) -> None:
        """Write a file that is whole when it gets its name."""
        self._folder.whole.write_bytes(data)
        sync(self._folder.whole)
        self._folder.whole.replace(path)

    def _times(self, all_pts: Iterator[int]) -> Iterator[str]:
        yield _TIMES_HEAD
        for pts in all_pts:
            # six decimals tell the ticks of every time base apart
            time_ms = round((pts * self._info.time_base - self._start_s) * 10**9)
            yield f"{Fraction(time_ms, 10**6):.6f}\n"

    def _remove_empty_folder(self) -> None:
        with suppress(OSError):  # segments for a later run are in it
            self._images.folder.rmdir()

    def _failed(self, error: Exception) -> SinkError:
        reason = getattr(error, "strerror", None) or str(error)
        return SinkError(f"cannot write images to {str(self._images.folder)!r}: {reason}")
