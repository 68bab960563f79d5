"""The encoders that have a short name and defaults here; docs/encoders.md gives the reasons."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

import av

Options = tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class KnownEncoder:
    """What this package knows about an encoder of FFmpeg's.

    Attributes:
        name: FFmpeg's name.
        options: Options that it always gets, unless the user gives others.
        by_format: Further options for a pixel format, by FFmpeg's name of it.
        formats: The pixel formats to choose from; None for all that FFmpeg names.
        quality: Default of constant quality; None where the encoder has no such thing.
        worst: Largest value of constant quality; the least is 0.
        quality_option: FFmpeg's name of constant quality.
        preset: Default speed; None where the encoder has no such thing.
        presets: The words for the speed; empty where it is a number.
        preset_option: FFmpeg's name of the speed.
        params: The option that takes the encoder's own options, where it has one.
        is_limited: Its streams are of limited range always, since they cannot say otherwise.
        takes_float: Formats of floats are used, where FFmpeg's encoder has any.
        alpha_in: Suffixes of the containers that hold its alpha; None for all.
    """

    name: str
    options: Options = ()
    by_format: Mapping[str, Options] = field(default_factory=dict)
    formats: tuple[str, ...] | None = None
    quality: float | None = None
    worst: float = 51
    quality_option: str = "crf"
    preset: str | None = None
    presets: tuple[str, ...] = ()
    preset_option: str = "preset"
    params: str | None = None
    is_limited: bool = False
    takes_float: bool = True
    alpha_in: tuple[str, ...] | None = None


_PRESETS = (
    *("ultrafast", "superfast", "veryfast", "faster", "fast"),
    *("medium", "slow", "slower", "veryslow", "placebo"),
)


def _x264(name: str) -> KnownEncoder:
    return KnownEncoder(
        name=name, quality=16, preset="slow", presets=_PRESETS, params="x264-params"
    )


def _nvenc(name: str, *, quality: float, formats: tuple[str, ...]) -> KnownEncoder:
    return KnownEncoder(
        name=name,
        quality=quality,
        quality_option="cq",
        preset="p6",
        options=(("tune", "hq"), ("rc", "vbr"), ("b", "0"), ("spatial-aq", "1")),
        formats=formats,
    )


KNOWN: dict[str, KnownEncoder] = {
    "x264": _x264("libx264"),
    "x264rgb": _x264("libx264rgb"),
    "x265": KnownEncoder(
        name="libx265",
        quality=17,
        preset="medium",
        presets=_PRESETS,
        params="x265-params",
        options=(("x265-params", "log-level=error"),),
        # FFmpeg names two more with alpha, which x265 refuses unless it is built for it
        formats=(
            *("yuv420p", "yuv422p", "yuv444p", "gbrp", "gray"),
            *("yuv420p10le", "yuv422p10le", "yuv444p10le", "gbrp10le", "gray10le"),
            *("yuv420p12le", "yuv422p12le", "yuv444p12le", "gbrp12le", "gray12le"),
        ),
    ),
    "svtav1": KnownEncoder(
        name="libsvtav1", quality=20, worst=63, preset="6", params="svtav1-params"
    ),
    "vp9": KnownEncoder(
        name="libvpx-vp9",
        quality=22,
        worst=63,
        preset="2",
        preset_option="cpu-used",
        options=(("row-mt", "1"), ("b", "0")),
        # FFmpeg names three more with alpha, which its wrapper then refuses
        formats=("yuv420p", "yuva420p", "yuv422p", "yuv440p", "yuv444p", "gbrp"),
        alpha_in=(".mkv", ".webm"),
    ),
    "ffv1": KnownEncoder(
        name="ffv1",
        options=(("level", "3"), ("g", "1"), ("slicecrc", "1")),
        takes_float=False,  # which is of level 4, an experiment still
    ),
    "prores": KnownEncoder(
        name="prores_ks",
        is_limited=True,
        options=(("vendor", "apl0"),),
        by_format={
            "yuv422p10le": (("profile", "hq"),),
            "yuv444p10le": (("profile", "4444"),),
            "yuva444p10le": (("profile", "4444"),),
        },
    ),
    "dnxhr": KnownEncoder(
        name="dnxhd",
        by_format={
            "yuv422p": (("profile", "dnxhr_hq"),),
            "yuv422p10le": (("profile", "dnxhr_hqx"),),
            "yuv444p10le": (("profile", "dnxhr_444"),),
            "gbrp10le": (("profile", "dnxhr_444"),),
        },
    ),
    "png": KnownEncoder(
        name="png",
        # against FFmpeg's defaults a sixth larger, and written three times faster
        options=(("pred", "paeth"), ("compression_level", "3")),
        formats=("rgb24", "rgb48be", "gray", "gray16be", "rgba", "rgba64be"),
    ),
    "tiff": KnownEncoder(
        name="tiff",
        options=(("compression_algo", "deflate"),),
        formats=("rgb24", "rgb48le", "gray", "gray16le", "rgba", "rgba64le"),
    ),
    # H.264 of 10 bits is beyond most of these chips; p010le is how they take 10 bits
    "h264_nvenc": _nvenc("h264_nvenc", quality=18, formats=("yuv420p", "yuv444p")),
    "hevc_nvenc": _nvenc("hevc_nvenc", quality=19, formats=("yuv420p", "p010le", "yuv444p")),
    "av1_nvenc": _nvenc("av1_nvenc", quality=24, formats=("yuv420p", "p010le")),
}


IMAGE_ENCODERS = {".png": "png", ".tif": "tiff", ".tiff": "tiff"}
"""The encoder of images, by their suffix."""


def find_encoder(codec: str) -> KnownEncoder | None:
    """Give what is known of an encoder by its short name or FFmpeg's, if anything."""
    return KNOWN.get(codec) or next((e for e in KNOWN.values() if e.name == codec), None)


def usable_names() -> Iterable[str]:
    """Give the names that `--codec` takes and FFmpeg has."""
    return (name for name, known in KNOWN.items() if known.name in av.codecs_available)
