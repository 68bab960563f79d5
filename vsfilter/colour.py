"""Convert frames to RGB for a model and back: the one place where colours are computed.

zimg does the work, through VapourSynth's resize, for the VapourSynth filter (on nodes) and for
streams of frames (through a graph of the same nodes), so that both give the same bits. Only the
representation changes (matrix, range, depth, chroma siting): primaries and transfer stay.

Chroma is resampled by Spline36 in both directions: of zimg's kernels of moderate length it has
the flattest pass band, so a round trip changes 10-bit chroma by at most 1 code value for periods
of 6 chroma samples and more (Catmull-Rom: 5), and it rings less than the longer Lanczos kernels.
There is no dither: error diffusion would move grain from frame to frame, cost an encoder bits, and
could change flat colours.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

import vapoursynth as vs

from vsfilter.errors import SourceError
from vsfilter.frame import Colour, PixelFormat
from vsfilter.vapoursynth.translation import (
    Props,
    colour_of,
    colour_props,
    pixel_format,
    video_format,
)

RGBS = PixelFormat(family="rgb", bits=32, is_float=True)
SOURCE_PREFIX = "VsfilterSource"
"""RGB frames of `to_rgb` carry the source's resolved colour and fields under this prefix."""

_HIDDEN = ("_Matrix", "_Range", "_Primaries", "_Transfer", "_ChromaLocation", "_FieldBased")
_ASPECT = ("_SARNum", "_SARDen")
_NEEDS_TRANSFER = (10, 12, 13, 14)
_MATRICES = (0, 1, 4, 5, 6, 7, 8, 9, *_NEEDS_TRANSFER)
_BT709, _BT2020 = 1, 9


def to_rgb(clip: vs.VideoNode) -> vs.VideoNode:
    """Convert a clip of constant format to RGBS, unclamped, full range.

    What a frame does not state is resolved by its size. Fields are not told apart. The frames keep
    their properties; those of colour and fields are kept under `SOURCE_PREFIX`.
    """
    format = pixel_format(clip.format)
    width, height = clip.width, clip.height

    def prepare(n: int, f: vs.VideoFrame) -> vs.VideoFrame:
        prepared = f.copy()
        props = prepared.props
        colour = colour_of(props).resolved(format, width=width, height=height)
        _check_matrix(colour)
        hidden = source_props(colour)
        if "_FieldBased" in props:
            hidden[SOURCE_PREFIX + "_FieldBased"] = int(props["_FieldBased"])
        for name in _HIDDEN:
            props.pop(name, None)
        props.update(colour_props(_for_zimg(colour, format)) | hidden)
        return prepared

    prepared = vs.core.std.ModifyFrame(clip, clip, prepare)
    if format == RGBS:
        return prepared
    return vs.core.resize.Spline36(prepared, format=vs.RGBS, dither_type="none")


def from_rgb(rgb: vs.VideoNode, format: PixelFormat) -> vs.VideoNode:
    """Convert RGBS frames with the properties that `to_rgb` gives to a format.

    Matrix, range and chroma siting are those of the source as far as the format has them; sources
    in RGB become BT.709 or BT.2020, by their primaries, of limited range. The properties of the
    frames state what they are. A frame of `rgb` is asked for twice: it should be cheap, or cached.

    Args:
        rgb: The frames.
        format: The format that they get.
    """
    nodes: dict[Colour, vs.VideoNode] = {}

    def choose(n: int, f: vs.VideoFrame) -> vs.VideoNode:
        colour = target_colour(_source_colour(f.props), format)
        if colour not in nodes:
            nodes[colour] = _from_rgb_node(rgb, format, colour)
        return nodes[colour]

    template = vs.core.std.BlankClip(rgb, format=video_format(format).id, keep=True)
    return vs.core.std.FrameEval(template, choose, prop_src=rgb, clip_src=rgb)


def resize_rgb(rgb: vs.VideoNode, *, width: int, height: int) -> vs.VideoNode:
    """Resize RGBS frames, antialiased, to a size in px; the same node where they have it.

    Spline36 on the samples as they are coded (gamma, PQ): what encoders are used to, and linear
    light would brighten the rims of thin dark lines. Pixels keep their shape: zimg would take a
    size that is rounded to whole samples of chroma for another shape, such as 1281:1282.
    """
    if (rgb.width, rgb.height) == (width, height):
        return rgb
    hidden = _renamed(rgb, {name: SOURCE_PREFIX + name for name in _ASPECT})
    resized = vs.core.resize.Spline36(hidden, width=width, height=height)
    for node in (hidden, resized):
        node.std.SetVideoCache(mode=0)
    return _renamed(resized, {SOURCE_PREFIX + name: name for name in _ASPECT})


def _renamed(clip: vs.VideoNode, names: Mapping[str, str]) -> vs.VideoNode:
    """Give the properties of frames other names; those that are not there stay away."""

    def rename(n: int, f: vs.VideoFrame) -> vs.VideoFrame:
        renamed = f.copy()
        for old, new in names.items():
            if old in renamed.props:
                renamed.props[new] = renamed.props.pop(old)
        return renamed

    return vs.core.std.ModifyFrame(clip, clip, rename)


def source_props(colour: Colour) -> dict[str, int]:
    """Give the properties by which an RGB frame remembers its source's resolved colour."""
    return {SOURCE_PREFIX + name: value for name, value in colour_props(colour).items()}


def _source_colour(props: Props) -> Colour:
    return colour_of({name: props.get(SOURCE_PREFIX + name) for name in _HIDDEN})


def _check_matrix(colour: Colour) -> None:
    if colour.matrix not in _MATRICES:
        raise SourceError(
            f"matrix {colour.matrix} is not supported: set _Matrix to one of {_MATRICES[1:]}"
        )


def _for_zimg(colour: Colour, format: PixelFormat) -> Colour:
    """Leave out primaries and transfer, of which zimg refuses some, unless the matrix uses them.

    Gray has no chroma from which such a matrix could be undone: there, BT.2020 serves instead.
    """
    if colour.matrix not in _NEEDS_TRANSFER:
        return replace(colour, primaries=None, transfer=None)
    if format.family == "gray":
        return replace(colour, matrix=_BT2020, primaries=None, transfer=None)
    return colour


def target_colour(
    source: Colour, format: PixelFormat, *, is_full_range: bool | None = None
) -> Colour:
    """Give the colour of frames that `from_rgb` makes.

    Args:
        source: The source's colour, resolved.
        format: The format that they get.
        is_full_range: The range of YUV and gray; None keeps that of the source.
    """
    is_from_rgb = source.matrix == 0
    if format.family == "rgb":
        of_rgb = source.is_full_range if is_from_rgb else True
        return replace(source, matrix=0, is_full_range=of_rgb, chroma_location=None)
    if is_from_rgb:
        matrix = _BT2020 if source.primaries == _BT2020 else _BT709
        source = replace(source, matrix=matrix, is_full_range=False)
    is_subsampled = bool(format.subsampling_w or format.subsampling_h)
    location = (source.chroma_location or 0) if is_subsampled else None
    if is_full_range is None:
        is_full_range = bool(source.is_full_range)
    target = replace(source, chroma_location=location, is_full_range=is_full_range)
    return target.resolved(format, width=0, height=0)  # no size is asked for: the matrix is known


def _from_rgb_node(rgb: vs.VideoNode, format: PixelFormat, colour: Colour) -> vs.VideoNode:
    node = rgb
    if format != RGBS:
        known = _for_zimg(colour, format)
        wanted = {"matrix": known.matrix, "range": int(bool(colour.is_full_range))}
        if colour.chroma_location is not None:
            wanted["chromaloc"] = colour.chroma_location
        if known.matrix in _NEEDS_TRANSFER:
            wanted |= {"transfer_in": colour.transfer, "primaries_in": colour.primaries}
        node = vs.core.resize.Spline36(
            rgb, format=video_format(format).id, dither_type="none", **wanted
        )
    cleaned = vs.core.std.RemoveFrameProps(node, [*_HIDDEN, SOURCE_PREFIX + "*"])
    stated = vs.core.std.SetFrameProps(cleaned, _FieldBased=0, **colour_props(colour))
    for each in {node, cleaned, stated} - {rgb}:
        each.std.SetVideoCache(mode=0)
    return stated
