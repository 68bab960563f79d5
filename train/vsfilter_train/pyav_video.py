"""Video files by PyAV: interlaced frames are made progressive, as `--deinterlace auto` does it."""

from __future__ import annotations

import logging
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import chain, islice
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

    def frames(self, start: int = 0) -> Iterator[Pixels]:
        """See `Clip`."""
        return self._frames_from(start) if start else self._all_frames()

    def _all_frames(self) -> Iterator[Pixels]:
        with PyavReader(self.path) as reader:
            damage: list[SourceError] = []
            coming = _good(reader.frames_from(0), damage)
            ahead = list(islice(coming, survey_length(reader.info)))
            yield from self._convert(reader.info, self._decide(ahead), chain(ahead, coming))
        if damage:
            raise damage[0]

    def read(self, start: int = 0, count: int | None = None) -> Pixels:
        """See `Clip`; of a damaged file that is wanted to its end, the good part comes."""
        is_whole = start == 0 and count is None
        coming = self._all_frames() if is_whole else islice(self._frames_from(start), count)
        frames: list[Pixels] = []
        try:
            for frame in coming:
                frames.append(frame)
        except SourceError as error:
            if count is not None or not frames:
                raise
            log.warning("%s: only what comes before is used", error)
        if not frames:
            raise SourceError(f"'{self.path}' has no frame {start}")
        return np.stack(frames)

    def _frames_from(self, number: int) -> Iterator[Pixels]:
        """Give what `frames` gives from a number on, without what comes before."""
        with PyavReader(self.path) as reader:
            state, damage = self.path.stat(), list[SourceError]()
            decision = _decide_once(self, (state.st_size, state.st_mtime_ns))
            is_first = number == 0
            coming = _good(reader.frames_from(number - (not is_first)), damage)
            yield from self._convert(reader.info, decision, coming, has_lead=not is_first)
        if damage:
            raise damage[0]

    def _convert(
        self,
        info: ClipInfo,
        decision: FieldDecision,
        frames: Iterator[Frame],
        *,
        has_lead: bool = False,
    ) -> Iterator[Pixels]:
        """Convert frames, progressive ones in their place; a lead is only there as a neighbour."""
        if can_filter(info.format, width=info.width, height=info.height):
            fields = FieldsToFrames(info=info, decision=decision, pictures_per_frame=1)
            frames = fields.convert(frames, has_lead=has_lead)
        else:
            frames = islice(frames, int(has_lead), None)
        for frame in frames:
            yield _to_rgb(frame, turns=info.rotation // 90)

    def _decide(self, first: Sequence[Frame]) -> FieldDecision:
        decision = decide(survey(first), "auto")
        if decision.finding is not None:
            log.info("'%s': %s", self.path.name, decision.finding)
        return decision

    def decide(self) -> FieldDecision:
        """Decide from the first frames what is done with the fields."""
        with PyavReader(self.path) as reader:
            first = _good(reader.frames_from(0), [])  # reading on will tell of damage
            return self._decide(list(islice(first, survey_length(reader.info))))


def _good(frames: Iterator[Frame], damage: list[SourceError]) -> Iterator[Frame]:
    """Give the frames up to the first damage, which is put into a list: the last one waits."""
    try:
        yield from frames
    except SourceError as error:
        damage.append(error)


@lru_cache(maxsize=10_000)
def _decide_once(video: PyavVideo, stamp: tuple[int, int]) -> FieldDecision:
    """Decide what is done with the fields of a video; again when its stamp has changed."""
    del stamp  # a part of the key
    return video.decide()


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
