"""Frames cut into segments; each is encoded, noted in the journal and decoded once."""

from __future__ import annotations

from collections import deque
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path
from threading import Event

from vsfilter.frame import Frame
from vsfilter.sinks.encoding.encoder_setup import EncoderSetup
from vsfilter.sinks.segments.decode_check import can_decode
from vsfilter.sinks.segments.segment_encoder import SegmentEncoder
from vsfilter.sinks.segments.segment_store import SegmentStore, Work
from vsfilter.sinks.segments.work_folder import WorkFolder
from vsfilter.uninterrupted import result_of, uninterrupted, wait_until_done


class SegmentWriter:
    """Writes the segments of a work folder from where an earlier run has left them.

    While one segment is encoded, the one before is decoded on a thread, as a check.

    Args:
        folder: The folder, held by this process.
        setup: What decides how frames are encoded.
        headers: The codec's headers that the output states.
        work: How the output comes about.

    Attributes:
        frame_count: Frames given so far, and those of an earlier run.

    Raises:
        OSError: The folder cannot be read or written.
    """

    def __init__(
        self, folder: WorkFolder, setup: EncoderSetup, *, headers: bytes, work: Work
    ) -> None:
        self._setup, self._headers = setup, headers
        self._segment_frames = work.segment_frames
        self._encoder: SegmentEncoder | None = None
        self._store = SegmentStore(folder, work)
        self._stop = Event()
        self._thread = ThreadPoolExecutor(max_workers=1, thread_name_prefix="vsfilter-check")
        self._checks: deque[tuple[int, Future[bool]]] = deque()
        self.frame_count = self._store.frame_count
        for index, path in enumerate(self._store.paths):
            if index not in self._store.decoded:
                self._check(index, path)

    @property
    def safe_frames(self) -> int:
        """Frames that a later run need not make again."""
        return self._store.frame_count

    def write(self, frame: Frame) -> None:
        """Encode one frame.

        Raises:
            FFmpegError: It cannot be encoded.
            OSError: A file cannot be written.
            SinkError: An earlier segment cannot be decoded.
        """
        if self._encoder is None:  # as late as this, since an open encoder holds much memory
            path = self._store.next_path
            self._encoder = SegmentEncoder(path, self._setup, headers=self._headers)
        self._encoder.write(frame)
        self.frame_count += 1
        if self._encoder.frame_count == self._segment_frames:
            self._end_segment()

    def _end_segment(self) -> None:
        if self._encoder is None:
            return
        index, path = len(self._store.segments), self._store.next_path
        segment = self._encoder.finish()
        self._encoder = None
        self._store.add(segment)
        self._collect(most_waiting=1)
        self._check(index, path)

    def _check(self, index: int, path: Path) -> None:
        with uninterrupted():
            check = self._thread.submit(
                can_decode, path, self._setup, headers=self._headers, stop=self._stop
            )
        self._checks.append((index, check))

    def _collect(self, *, most_waiting: int) -> None:
        """Wait until so few checks are under way; raise what they raised."""
        while self._checks and (
            len(self._checks) > most_waiting or wait_until_done(self._checks[0][1], limit_s=0)
        ):
            index, check = self._checks.popleft()
            if result_of(check):
                self._store.note_decoded(index)

    def finish(self) -> list[Path]:
        """End the last segment and wait for all checks; give the files in order.

        Raises:
            FFmpegError: A frame cannot be encoded.
            OSError: A file cannot be written.
            SinkError: A segment cannot be decoded.
        """
        self._end_segment()
        self._collect(most_waiting=0)
        self.close()
        return self._store.paths

    def close(self) -> None:
        """Drop the segment under way and leave the rest of the checks undone; safe to repeat."""
        self._stop.set()
        if self._encoder is not None:
            self._encoder.abort()
            self._encoder = None
        self._thread.shutdown(cancel_futures=True)
        self._store.close()
