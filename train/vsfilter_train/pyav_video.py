"""Video files by PyAV: interlaced frames are made progressive, as `--deinterlace auto` does it."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from itertools import islice
from pathlib import Path

import numpy as np
from av.video.reformatter import Interpolation

from vsfilter.clip import ClipInfo
from vsfilter.errors import SourceError
from vsfilter.frame import UNSPECIFIED, Frame
from vsfilter.pixel_formats import planar_name
from vsfilter.sources.bwdif import can_filter
from vsfilter.sources.deinterlaced import survey_length
from vsfilter.sources.field_decision import FieldDecision, decide
from vsfilter.sources.field_survey import survey
from vsfilter.sources.fields_to_frames import FieldsToFrames
from vsfilter.sources.frame_filter import planes_in_ffmpeg_order, to_picture

from .clip import ClipSize, Pixels
from .pyav_reader import PyavReader

log = logging.getLogger(__name__)
_RANGES = {None: 0, False: 1, True: 2}
"""FFmpeg's codes of what is not stated, limited range and full range."""


@dataclass(frozen=True, slots=True)
class PyavVideo:
    """A video file.

    Its colours are converted by FFmpeg's swscale, which OpenCV uses too, so that a training sees
    the same pixels on machines that have OpenCV only.

    Attributes:
        path: Where it is.
    """

    path: Path

    def size(self) -> ClipSize:
        """See `Clip`; where no header tells the frames, they are counted."""
        with PyavReader(self.path) as reader:
            height, width = reader.info.height, reader.info.width
            if reader.info.rotation % 180:
                height, width = width, height
            return ClipSize(
                frames=reader.promised_count() or reader.count(), height=height, width=width
            )

    def frames(self) -> Iterator[Pixels]:
        """See `Clip`."""
        return self._frames_from(0)

    def read(self, start: int = 0, count: int | None = None) -> Pixels:
        """See `Clip`; of a damaged file that is wanted to its end, the good part comes."""
        frames: list[Pixels] = []
        try:
            for frame in islice(self._frames_from(start), count):
                frames.append(frame)
        except SourceError as error:
            if count is not None or not frames:
                raise
            log.warning("%s: only what comes before is used", error)
        if not frames:
            raise SourceError(f"'{self.path}' has no frame {start}")
        return np.stack(frames)

    def _frames_from(self, number: int) -> Iterator[Pixels]:
        state = self.path.stat() if self.path.is_file() else None
        decision = _decide(self.path, (state.st_size, state.st_mtime_ns) if state else None)
        damage: list[SourceError] = []
        with PyavReader(self.path) as reader:
            if can_filter(reader.info.format):  # a frame is deinterlaced by those beside it
                before = _good(reader.frames_from(max(0, number - 1)), damage)
                frames = _fields(reader.info, decision).convert(before, has_lead=number > 0)
            else:
                frames = _good(reader.frames_from(number), damage)
            for frame in frames:
                yield _to_rgb(frame, turns=reader.info.rotation // 90)
        if damage:
            raise damage[0]


def _good(frames: Iterator[Frame], damage: list[SourceError]) -> Iterator[Frame]:
    """Give the frames up to the first damage, which is put into a list: the last one waits."""
    try:
        yield from frames
    except SourceError as error:
        damage.append(error)


def _fields(info: ClipInfo, decision: FieldDecision) -> FieldsToFrames:
    return FieldsToFrames(info=info, decision=decision, pictures_per_frame=1)


@lru_cache(maxsize=10_000)
def _decide(path: Path, stamp: tuple[int, int] | None) -> FieldDecision:
    """Decide from the first frames of a file what is done with its fields; once, while it stays.

    Args:
        path: The file.
        stamp: Changes when it does.
    """
    del stamp  # a part of the key
    with PyavReader(path) as reader:
        first = _good(reader.frames_from(0), [])  # reading on will tell of damage
        frames = list(islice(first, survey_length(reader.info)))
    decision = decide(survey(frames), "auto")
    if decision.finding is not None:
        log.info("'%s': %s", path.name, decision.finding)
    return decision


def _to_rgb(frame: Frame, *, turns: int) -> Pixels:
    """Convert a frame to (h, w, 3), turned by quarters counter-clockwise."""
    name = planar_name(frame.format)
    if name is None:
        raise SourceError(f"{frame!r} has a pixel format that FFmpeg cannot convert: report this")
    planes = planes_in_ffmpeg_order(frame)
    picture = to_picture(planes, name, width=frame.width, height=frame.height)
    colour = frame.colour
    picture.colorspace = UNSPECIFIED if colour.matrix is None else colour.matrix
    picture.color_range = _RANGES[colour.is_full_range]
    picture.color_primaries = UNSPECIFIED if colour.primaries is None else colour.primaries
    picture.color_trc = UNSPECIFIED if colour.transfer is None else colour.transfer
    if colour.chroma_location is not None:
        picture.chroma_location = colour.chroma_location + 1  # FFmpeg counts from 1
    rgb = picture.to_ndarray(format="rgb24", interpolation=Interpolation.BICUBIC)  # as OpenCV's
    return np.ascontiguousarray(np.rot90(rgb, turns), dtype=np.uint8)
