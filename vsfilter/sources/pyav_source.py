"""Frames of a media file in order, decoded by FFmpeg."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from itertools import chain
from types import TracebackType
from typing import Self

from vsfilter.clip import ClipInfo
from vsfilter.errors import SourceError
from vsfilter.frame import Frame
from vsfilter.sources.frame_maker import FrameMaker
from vsfilter.sources.video_decoder import VideoDecoder


class FileSource:
    """A media file, read once from its first frame to its last.

    Args:
        path: A file, or a URL that FFmpeg knows.
        track: Number of the video track, from 0; cover art does not count.
        threads: Threads of the decoder, 0 for one a core.

    Raises:
        SourceNotFoundError: There is no such file.
        SourceError: FFmpeg cannot read it, or it has no such video track or no frame.
    """

    def __init__(self, path: str, *, track: int = 0, threads: int = 0) -> None:
        self._path = path
        self._decoder = VideoDecoder(path, track=track, threads=threads)
        try:
            pictures = self._decoder.pictures()
            first = next(pictures, None)
            if first is None:
                raise SourceError(
                    f"input {path!r}: no frame of its video track can be decoded: "
                    "it is damaged or cut off"
                )
            self._pictures = chain([first], pictures)
            self._maker = FrameMaker(path, self._decoder.stream, first)
            self._info = replace(
                self._maker.info, expected_frame_count=self._expected_frame_count()
            )
        except BaseException:
            self._decoder.close()
            raise

    @property
    def info(self) -> ClipInfo:
        """What holds for every frame; the frame count is known at the end only."""
        return self._info

    def _expected_frame_count(self) -> int | None:
        stream, rate = self._decoder.stream, self._maker.info.rate
        if stream.frames:
            return stream.frames
        duration_s = self._decoder.duration_s
        return max(1, round(duration_s * rate)) if duration_s and rate else None

    def __iter__(self) -> Iterator[Frame]:
        """Give the frames in order of pts, each once."""
        return map(self._maker, self._pictures)

    def close(self) -> None:
        """Release the file and the decoder; safe to call twice."""
        self._decoder.close()

    def __enter__(self) -> Self:
        """Return the source itself."""
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
        /,
    ) -> None:
        """Close the file."""
        self.close()
