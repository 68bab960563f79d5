"""The VapourSynth source: `source` for scripts."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from os import PathLike, fspath
from typing import TYPE_CHECKING

import vapoursynth as vs

from vsfilter.errors import OptionError, VsfilterError
from vsfilter.vapoursynth_frame import colour_props, video_format, write_planes

if TYPE_CHECKING:
    from vsfilter.frame import FieldOrder
    from vsfilter.sources.indexed_file import IndexedFile

_FALLBACK_RATE = Fraction(25)
_RATE_TOLERANCE = 1e-3
_FIELD_BASED: dict[FieldOrder, int] = {"progressive": 0, "bottom": 1, "top": 2}


def source(
    path: str | PathLike[str],
    *,
    track: int = 0,
    fps: Fraction | tuple[int, int] | int | None = None,
) -> vs.VideoNode:
    """Open a video file as a clip, with exact access to every frame.

    Frames have the properties `_DurationNum`, `_DurationDen` (true for variable frame rates too),
    `_AbsoluteTime` (s), `_Matrix`, `_Range`, `_Primaries`, `_Transfer`, `_ChromaLocation`,
    `_FieldBased`, `_SARNum` and `_SARDen`, as far as the file states them.

    Args:
        path: Any file that FFmpeg reads; it is read once through to index it.
        track: Number of the video track, from 0.
        fps: Frames a second of the clip, each the frame of the file nearest in time; None for the
            frames of the file.

    Raises:
        vapoursynth.Error: The file cannot be read, or an argument is wrong.
    """
    try:
        from vsfilter.sources.indexed_file import IndexedFile  # FFmpeg is not needed on import

        if not isinstance(path, str | PathLike):
            raise OptionError(f"path is {path!r}: give the path of a file")
        rate = _rate(fps)
        if not isinstance(track, int) or isinstance(track, bool) or track < 0:
            raise OptionError(f"track is {track!r}: give a number from 0")
        file = IndexedFile(fspath(path), track=track)
        timeline = _own_timeline(file) if rate is None else _constant_timeline(file, rate)
        return _node(file, timeline)
    except VsfilterError as error:
        raise vs.Error(f"source: {error}") from error


@dataclass(frozen=True, slots=True, kw_only=True)
class _Timeline:
    """Which frames of the file a clip shows, and when.

    Attributes:
        rate: Frames a second of the clip; the average where it varies.
        numbers: Number in the file of each frame of the clip.
        times: When each frame begins and, at the end, when the last one ends, in s.
    """

    rate: Fraction
    numbers: Sequence[int]
    times: Sequence[Fraction]


def _own_timeline(file: IndexedFile) -> _Timeline:
    times = _times(file)
    count = len(times) - 1
    average = count / (times[-1] - times[0])
    usual = [Fraction(round(average)), Fraction(round(average * 1001 / 1000) * 1000, 1001)]
    near = [rate for rate in usual if rate and abs(rate / average - 1) < _RATE_TOLERANCE]
    stated = file.info.rate
    if stated and abs(stated / average - 1) < _RATE_TOLERANCE:
        near.insert(0, stated)
    return _Timeline(rate=[*near, average][0], numbers=range(count), times=times)


def _constant_timeline(file: IndexedFile, rate: Fraction) -> _Timeline:
    """Show at each time the last frame that begins before the middle of its slot."""
    times = _times(file)
    count = max(1, round((times[-1] - times[0]) * rate))
    wanted = [times[0] + number / rate for number in range(count + 1)]
    starts = times[:-1]
    numbers = [max(0, bisect_right(starts, time + 1 / (2 * rate)) - 1) for time in wanted[:-1]]
    return _Timeline(rate=rate, numbers=numbers, times=wanted)


def _times(file: IndexedFile) -> list[Fraction]:
    """Give when each frame begins and when the last one ends, in s.

    A stated duration counts for the last frame only, where no next one tells the truth; one that
    is much shorter than the frame before is one of those that muxers invent.
    """
    pts, base = file.pts, file.info.time_base
    stated = (file.frame(len(pts) - 1).duration or 0) * base
    gap = (pts[-1] - pts[-2]) * base if len(pts) > 1 else Fraction(0)
    usual = 1 / (file.info.rate or _FALLBACK_RATE)
    last = stated if stated > gap / 2 else gap or usual
    return [number * base for number in pts] + [pts[-1] * base + last]


def _node(file: IndexedFile, timeline: _Timeline) -> vs.VideoNode:
    info = file.info
    ratio = info.sample_aspect_ratio
    fixed = {"_SARNum": ratio.numerator, "_SARDen": ratio.denominator}

    def show(n: int, f: vs.VideoFrame) -> vs.VideoFrame:
        try:
            frame = file.frame(timeline.numbers[n])
        except VsfilterError as error:
            raise vs.Error(f"source: {error}") from None
        shown = vs.core.create_video_frame(f.format.id, f.width, f.height)
        write_planes(shown, frame.planes)
        duration = timeline.times[n + 1] - timeline.times[n]
        shown.props.update(
            {
                **fixed,
                **colour_props(frame.colour),
                "_DurationNum": duration.numerator,
                "_DurationDen": duration.denominator,
                "_AbsoluteTime": float(timeline.times[n]),
                "_FieldBased": _FIELD_BASED[frame.field_order],
            }
        )
        return shown

    if info.width % (1 << info.format.subsampling_w) or info.height % (
        1 << info.format.subsampling_h
    ):
        raise OptionError(
            f"VapourSynth cannot hold {info.width}x{info.height} with subsampled chroma: "
            "use vsr-transcode, or crop the file to an even size"
        )
    template = vs.core.std.BlankClip(
        format=video_format(info.format).id,
        width=info.width,
        height=info.height,
        length=len(timeline.numbers),
        fpsnum=timeline.rate.numerator,
        fpsden=timeline.rate.denominator,
        keep=True,
    )
    return vs.core.std.ModifyFrame(template, template, show)


def _rate(fps: object) -> Fraction | None:
    if fps is None:
        return None
    try:
        match fps:
            case (int(numerator), int(denominator)):
                rate = Fraction(numerator, denominator)
            case int() | float() | Fraction():
                rate = Fraction(fps)
            case _:
                raise TypeError
    except (TypeError, ValueError, ZeroDivisionError) as error:
        raise OptionError(f"fps is {fps!r}: give a Fraction or (numerator, denominator)") from error
    if rate <= 0:
        raise OptionError(f"fps is {fps!r}: give a positive rate")
    return rate
