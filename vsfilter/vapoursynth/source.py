"""The VapourSynth source: `source` for scripts."""

from __future__ import annotations

import logging
from fractions import Fraction
from os import PathLike, fspath
from typing import TYPE_CHECKING, Any

import vapoursynth as vs

from vsfilter.errors import OptionError, VsfilterError
from vsfilter.input_limits import LARGEST_PICTURE_PX, InputLimits
from vsfilter.readers.upright import upright_colour, upright_info, upright_plane
from vsfilter.vapoursynth.frame_feed import fit_plane, padded_size
from vsfilter.vapoursynth.frame_rate import read_rate
from vsfilter.vapoursynth.source_timeline import (
    Timeline,
    constant_timeline,
    frame_times,
    own_timeline,
)
from vsfilter.vapoursynth.translation import (
    colour_props,
    video_format,
    write_planes,
)

if TYPE_CHECKING:
    from collections.abc import Sequence

    from vsfilter.clip import ClipInfo
    from vsfilter.frame import FieldOrder, Plane
    from vsfilter.sources.indexed_file import IndexedFile

log = logging.getLogger(__name__)
_FIELD_BASED: dict[FieldOrder, int] = {"progressive": 0, "bottom": 1, "top": 2}


def source(  # noqa: PLR0913  # the promised entry point: what, how fast, and what is too much
    path: str | PathLike[str],
    *,
    track: int = 0,
    fps: Fraction | tuple[int, int] | int | None = None,
    max_pixels: int = LARGEST_PICTURE_PX,
    max_frames: int | None = None,
    allow_url: bool = False,
) -> vs.VideoNode:
    """Open a video file as a clip, with exact access to every frame.

    Frames have the properties `_DurationNum`, `_DurationDen` (true for variable frame rates too),
    `_AbsoluteTime` (s), `_PictType`, `_Matrix`, `_Range`, `_Primaries`, `_Transfer`,
    `_ChromaLocation`, `_FieldBased`, `_SARNum`, `_SARDen`, those of HDR metadata
    (`MasteringDisplay...`, `ContentLight...`) and `_Alpha`, as far as the file has them. Pictures
    stand upright, as a player shows them. Chroma of odd sizes needs one more column or row, since
    VapourSynth holds whole chroma samples only: the last one is repeated.

    Args:
        path: Any file that FFmpeg reads. The first time, it is read once through; what is found
            is kept in the user's folder of caches.
        track: Number of the video track, from 0.
        fps: Frames a second of the clip, each the frame of the file nearest in time; None for the
            frames of the file.
        max_pixels: A file with pictures of more pixels is refused.
        max_frames: A file with more frames is refused; None for any number.
        allow_url: Whether `path` may be a URL, or a playlist, which names other files or hosts.

    Raises:
        vapoursynth.Error: The file cannot be read, or an argument is wrong.
    """
    try:
        from vsfilter.sources.indexed_file import IndexedFile  # FFmpeg is not needed on import

        if not isinstance(path, str | PathLike):
            raise OptionError(f"path is {path!r}: give the path of a file")
        rate = read_rate(fps)
        if not isinstance(track, int) or isinstance(track, bool) or track < 0:
            raise OptionError(f"track is {track!r}: give a number from 0")
        limits = InputLimits(max_pixels=max_pixels, max_frames=max_frames, allow_url=allow_url)
        file = IndexedFile(fspath(path), track=track, limits=limits)
        times = frame_times(
            file.pts,
            file.info.time_base,
            last=file.entries[-1].duration,
            rate=file.info.rate,
        )
        timeline = (
            own_timeline(times, file.info.rate) if rate is None else constant_timeline(times, rate)
        )
        return _node(file, timeline)
    except VsfilterError as error:
        log.debug("source failed", exc_info=True)
        raise vs.Error(f"source: {error}") from None  # vspipe prints the whole chain


def _node(file: IndexedFile, timeline: Timeline) -> vs.VideoNode:
    """Give the frames of a timeline, upright."""
    info = upright_info(file.info)
    fixed = _clip_props(info)

    def show(n: int, f: vs.VideoFrame) -> vs.VideoFrame:
        number = timeline.numbers[n]
        try:
            frame = file.frame(number)
        except VsfilterError as error:
            raise vs.Error(f"source: {error}") from None
        shown = _show(f.format.id, (f.width, f.height), frame.planes, file.info)
        duration = timeline.times[n + 1] - timeline.times[n]
        shown.props.update(
            {
                **fixed,
                **colour_props(upright_colour(frame.colour, file.info)),
                "_DurationNum": duration.numerator,
                "_DurationDen": duration.denominator,
                "_AbsoluteTime": float(timeline.times[n]),
                "_FieldBased": _FIELD_BASED[frame.field_order],
                "_PictType": file.entries[number].picture_type,
            }
        )
        if frame.alpha is not None:
            alpha = _show(gray, (f.width, f.height), (frame.alpha,), file.info)
            alpha.props["_Range"] = 1
            shown.props["_Alpha"] = alpha
        return shown

    format = video_format(info.format)
    gray = format.replace(color_family=vs.GRAY, subsampling_w=0, subsampling_h=0).id
    width, height = padded_size(info.format, width=info.width, height=info.height)
    template = vs.core.std.BlankClip(
        format=format.id,
        width=width,
        height=height,
        length=len(timeline.numbers),
        fpsnum=timeline.rate.numerator,
        fpsden=timeline.rate.denominator,
        keep=True,
    )
    return vs.core.std.ModifyFrame(template, template, show)


def _show(
    format: int, size: tuple[int, int], planes: Sequence[Plane], info: ClipInfo
) -> vs.VideoFrame:
    """Write planes of the file, filled up to whole chroma samples, upright into a new frame."""
    shown = vs.core.create_video_frame(format, *size)
    shapes = [shown[index].shape for index in range(len(planes))]
    if info.rotation in (90, 270):
        shapes = [shape[::-1] for shape in shapes]
    filled = [fit_plane(plane, shape) for plane, shape in zip(planes, shapes, strict=True)]
    write_planes(shown, [upright_plane(plane, info) for plane in filled])
    return shown


def _clip_props(info: ClipInfo) -> dict[str, Any]:  # Any: numbers, lists of them
    """Give the properties of all frames, by the names that other sources use too."""
    ratio = info.sample_aspect_ratio
    props: dict[str, Any] = {"_SARNum": ratio.numerator, "_SARDen": ratio.denominator}
    display, light = info.hdr.display, info.hdr.light
    if display is not None:
        primaries = (display.red, display.green, display.blue)
        for axis, name in enumerate("XY"):
            props[f"MasteringDisplayPrimaries{name}"] = [float(each[axis]) for each in primaries]
            props[f"MasteringDisplayWhitePoint{name}"] = float(display.white[axis])
        if display.max_luminance:  # else it is not known
            props["MasteringDisplayMinLuminance"] = float(display.min_luminance)
            props["MasteringDisplayMaxLuminance"] = float(display.max_luminance)
    if light is not None:
        props["ContentLightLevelMax"] = light.max_cll
        props["ContentLightLevelAverage"] = light.max_fall
    return props
