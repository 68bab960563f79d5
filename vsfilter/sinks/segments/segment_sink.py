"""What files and images have in common: their frames are encoded in segments."""

from __future__ import annotations

from abc import abstractmethod
from contextlib import ExitStack

from av.error import FFmpegError

from vsfilter.clip import ClipInfo
from vsfilter.errors import SinkError
from vsfilter.frame import Frame
from vsfilter.sinks.finishing import Finishing
from vsfilter.sinks.frame_check import check_frame
from vsfilter.sinks.segments.segment_writer import SegmentWriter
from vsfilter.sinks.segments.work_folder import WorkFolder

FAILURES = (FFmpegError, OSError, ValueError)
"""What encoding and writing may raise."""


class SegmentSink(Finishing):
    """A sink that a later run can go on with; who derives from it opens it and finishes it."""

    _info: ClipInfo
    _folder: WorkFolder
    _segments: SegmentWriter
    _cleanup: ExitStack

    @property
    def frame_count(self) -> int:
        """Number of frames given so far, and those that an earlier run has left."""
        return self._segments.frame_count

    @property
    def safe_frames(self) -> int:
        """Frames that a later run need not make again."""
        return self._segments.safe_frames if self._folder.keeps else 0

    def write(self, frame: Frame) -> None:
        """Encode one frame.

        Raises:
            SinkError: The frame does not fit the clip, or it cannot be encoded or written.
        """
        check_frame(frame, self._info)
        try:
            self._segments.write(frame)
        except FAILURES as error:
            raise self._failed(error) from error

    def keep_nothing(self) -> None:
        """Have no finished segments kept: no later run could use them."""
        self._folder.keeps = False

    def abort(self) -> None:
        """Stop, and keep nothing but finished segments; safe to call at any time."""
        self._cleanup.close()

    @abstractmethod
    def _failed(self, error: Exception) -> SinkError:
        """Say what could not be written, and why."""
