"""The words in which a page tells about clips, times and what was done to them."""

from __future__ import annotations

from fractions import Fraction
from pathlib import Path

from vsfilter.clip import ClipInfo
from vsfilter.compare.result import ComparedClip, Comparison
from vsfilter.pixel_formats import sampling_name

_MATRICES = {1: "BT.709", 4: "FCC", 5: "BT.601", 6: "BT.601", 7: "SMPTE 240M", 8: "YCgCo"}
_MATRICES |= {9: "BT.2020", 10: "BT.2020 constant luminance"}
_HDR = {16: "PQ", 18: "HLG"}
_SHAPE_TOLERANCE = 0.01
"""Relative difference of two display shapes that rounding of sizes can make."""


def short_names(comparison: Comparison) -> tuple[str, str]:
    """Name the two clips: by the file, or by all that the user gave where the files are alike."""
    paths = (comparison.a.path, comparison.b.path)
    names = (Path(paths[0]).name or paths[0], Path(paths[1]).name or paths[1])
    return paths if names[0] == names[1] else names


def clock(seconds: float) -> str:
    """Write a time as 0:00.000, with hours where there are any."""
    thousandths = round(seconds * 1000)
    minutes, rest = divmod(thousandths, 60_000)
    hours, minutes = divmod(minutes, 60)
    start = f"{hours}:{minutes:02}" if hours else f"{minutes}"
    return f"{start}:{rest // 1000:02}.{rest % 1000:03}"


def describe_clip(clip: ComparedClip) -> str:
    """Say a clip's size, format, length and rate in one line."""
    info = clip.info
    parts = [f"{info.width}x{info.height}"]
    if info.sample_aspect_ratio != 1:
        ratio = info.sample_aspect_ratio
        parts[0] += f" (pixels {ratio.numerator}:{ratio.denominator})"
    frames = "1 frame" if clip.frame_count == 1 else f"{clip.frame_count} frames"
    parts += [_format(info), frames]
    if clip.duration_s is not None:
        parts.append(clock(clip.duration_s))
    if info.rate is not None:
        parts.append(f"{_decimal(info.rate)} fps")
    if Path(clip.path).is_file():
        parts.append(f"{Path(clip.path).stat().st_size / 1e6:,.1f} MB")
    return ", ".join(parts)


def _format(info: ClipInfo) -> str:
    format = info.format
    colour = info.colour.resolved(format, width=info.width, height=info.height)
    kind = "float" if format.is_float else "bit"
    if format.family == "rgb":
        return f"RGB {format.bits} {kind}"
    name = "gray" if format.family == "gray" else f"YUV {sampling_name(format)}"
    matrix = _MATRICES.get(colour.matrix or 0, f"matrix {colour.matrix}")
    hdr = _HDR.get(colour.transfer or 0)
    reach = "full range" if colour.is_full_range else "limited range"
    return f"{name} {format.bits} {kind}, {matrix}{f' {hdr}' if hdr else ''}, {reach}"


def _decimal(value: Fraction) -> str:
    return f"{float(value):.3f}".rstrip("0").rstrip(".")


def notes(comparison: Comparison) -> list[str]:
    """Say in sentences what was done to the clips so that they can be compared."""
    found = [_pairing(comparison)]
    for letter, clip in (("A", comparison.a), ("B", comparison.b)):
        found += _notes_of(letter, clip, comparison)
    shapes = [float(clip.size.display_aspect) for clip in (comparison.a, comparison.b)]
    if abs(shapes[0] / shapes[1] - 1) > _SHAPE_TOLERANCE:
        found.append(
            f"A is shown {shapes[0]:.3f}:1 and B {shapes[1]:.3f}:1: they do not show the same "
            "part of the picture, or one states a wrong pixel shape."
        )
    if comparison.size.pixel_aspect != 1:
        ratio = _decimal(comparison.size.pixel_aspect)
        found.append(f"Pixels are not square: the page shows them {ratio} times as wide as high.")
    if not comparison.pictures.is_lossless:
        found.append("The pictures are JPEG of quality 97 (4:4:4), to keep the page small.")
    if comparison.pictures.left_out:
        found.append(f"{len(comparison.pictures.left_out)} frames had no room on the page.")
    return found


def _pairing(comparison: Comparison) -> str:
    pairs = comparison.pairs
    counts = (comparison.a.frame_count, comparison.b.frame_count)
    ways = {
        "number": "Frames are paired by number.",
        "time": "Frames are paired by presentation time, as the clips differ in length.",
        "offset": f"Frame {pairs.a[0]} of A is paired with frame {pairs.b[0]} of B, and so on.",
    }
    if counts == (len(pairs), len(pairs)):
        return ways[pairs.by]
    compared = f"{len(pairs)} pairs of {counts[0]} frames of A and {counts[1]} of B are compared."
    return f"{ways[pairs.by]} {compared}"


def _notes_of(letter: str, clip: ComparedClip, comparison: Comparison) -> list[str]:
    info, size, target = clip.info, clip.size, comparison.size
    found = []
    if (size.width, size.height) != (target.width, target.height):
        found.append(
            f"{letter} is enlarged from {size.width}x{size.height} to "
            f"{target.width}x{target.height} by MATLAB's bicubic, and measured at this size."
        )
    moves = ["mirrored"] if info.is_flipped else []
    moves += [f"turned by {info.rotation} degrees counter-clockwise"] if info.rotation else []
    if moves:
        found.append(f"{letter} is shown {' and '.join(moves)}, as its file asks for.")
    if info.format.bits > 8:
        found.append(f"{letter} has more than 8 bits: it is rounded to 8 to be shown and measured.")
    transfer = _HDR.get(info.colour.transfer or 0)
    if transfer:
        found.append(f"{letter} is HDR ({transfer}): without tone mapping it looks dull here.")
    return found
