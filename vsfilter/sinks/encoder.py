"""The encoder that a user's settings name: its FFmpeg name, options and pixel format."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import av
from av.codec import Codec
from av.codec.codec import UnknownCodecError

from vsfilter.errors import OptionError, SinkError
from vsfilter.frame import PixelFormat
from vsfilter.pixel_formats import PLANAR
from vsfilter.sinks.encoder_format import format_of, nearest


@dataclass(frozen=True, slots=True, kw_only=True)
class EncoderSettings:
    """What a user may set about the encoder.

    Attributes:
        codec: x264, x265, svtav1, vp9, ffv1, prores, or FFmpeg's name of a video encoder; None
            picks x264 (x265 above 10 bits), in WebM vp9 (svtav1 above 8 bits).
        crf: Constant quality, lower is better; None is the codec's own default.
        preset: Speed against size, in the words of the encoder; None is the codec's own default.
        pix_fmt: FFmpeg's name of a planar pixel format; None keeps the source's as far as it goes.
        threads: Threads of the encoder, 0 for as many as it likes.
        options: Further options of the encoder, by name.
        segment_frames: The encoder begins anew after this many frames, rounded up to whole windows.
            What is encoded up to there survives a crash.

    Raises:
        OptionError: A value is out of its range.
    """

    codec: str | None = None
    crf: float | None = None
    preset: str | None = None
    pix_fmt: str | None = None
    threads: int = 0
    options: tuple[tuple[str, str], ...] = ()
    segment_frames: int = 240

    def __post_init__(self) -> None:
        """Refuse segments without frames."""
        if self.segment_frames < 1:
            raise OptionError(f"segment is {self.segment_frames} frames: give at least 1")


@dataclass(frozen=True, slots=True, kw_only=True)
class _Known:
    """What this package knows about an encoder of FFmpeg's."""

    name: str
    options: tuple[tuple[str, str], ...] = ()
    crf: float | None = None
    preset: str | None = None
    preset_option: str = "preset"


_KNOWN = {
    "x264": _Known(name="libx264", crf=16, preset="medium"),
    "x264rgb": _Known(name="libx264rgb", crf=16, preset="medium"),
    "x265": _Known(
        name="libx265", crf=17, preset="medium", options=(("x265-params", "log-level=error"),)
    ),
    "svtav1": _Known(name="libsvtav1", crf=20, preset="6"),
    "vp9": _Known(
        name="libvpx-vp9",
        crf=22,
        preset="2",
        preset_option="cpu-used",
        options=(("row-mt", "1"), ("b", "0")),
    ),
    "ffv1": _Known(name="ffv1", options=(("level", "3"), ("g", "1"), ("slicecrc", "1"))),
    "prores": _Known(name="prores_ks"),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Encoder:
    """An encoder that is ready to be opened.

    Attributes:
        name: FFmpeg's name.
        pix_fmt: FFmpeg's name of the pixel format that it gets.
        format: The format that frames must have.
        options: Its options.
    """

    name: str
    pix_fmt: str
    format: PixelFormat
    options: dict[str, str]


def choose_encoder(settings: EncoderSettings, source: PixelFormat, *, suffix: str) -> Encoder:
    """Choose the encoder, and the format in which it keeps most of a clip.

    Args:
        settings: What the user wants.
        source: Format of the clip.
        suffix: Suffix of the output, such as ".mkv".

    Raises:
        OptionError: The encoder is unknown, or an option does not fit it.
        SinkError: The encoder takes no format that can hold the clip.
    """
    codec = settings.codec or _default_codec(source, suffix)
    known = _KNOWN.get(codec, _Known(name=codec))
    supported = _supported(known.name)
    names = [name for name in supported if format_of(name) is not None]
    if settings.pix_fmt is not None:
        if settings.pix_fmt not in names:
            raise OptionError(
                f"encoder {codec} takes no pix_fmt {settings.pix_fmt!r}: "
                f"it takes {', '.join(names)}"
            )
        pix_fmt = settings.pix_fmt
    else:
        pix_fmt = nearest(names, source, codec)
    format = format_of(pix_fmt)
    if format is None:  # never: `names` holds known formats only
        raise SinkError(f"pixel format {pix_fmt} is unknown")
    return Encoder(
        name=known.name, pix_fmt=pix_fmt, format=format, options=_options(settings, known, codec)
    )


def _default_codec(source: PixelFormat, suffix: str) -> str:
    if suffix == ".webm":
        return "vp9" if source.bits == 8 else "svtav1"
    return "x264" if source.bits <= 10 else "x265"


def _supported(name: str) -> list[str]:
    try:
        codec = Codec(name, "w")
    except UnknownCodecError:
        codec = None
    if codec is None or codec.type != "video":
        usable = sorted(_KNOWN) + sorted(_other_encoders())
        raise OptionError(f"unknown encoder {name!r}: use one of {', '.join(usable)}") from None
    formats = codec.video_formats or []
    return [format.name for format in formats] or list(PLANAR)


def _other_encoders() -> Iterable[str]:
    """Give FFmpeg's encoders that the wanted containers hold and that people ask for."""
    wanted = ("dnxhd", "h264_nvenc", "hevc_nvenc", "av1_nvenc", "mpeg4", "utvideo", "mjpeg")
    return (name for name in wanted if name in av.codecs_available)


def _options(settings: EncoderSettings, known: _Known, codec: str) -> dict[str, str]:
    options = dict(known.options)
    is_ours = codec in _KNOWN
    for name, given, default in (
        ("crf", settings.crf, known.crf),
        ("preset", settings.preset, known.preset),
    ):
        if given is not None and is_ours and default is None:
            raise OptionError(f"encoder {codec} has no {name}: leave --{name} out")
        value = default if given is None else given
        if value is not None:
            option = known.preset_option if name == "preset" else name
            options[option] = f"{value:g}" if isinstance(value, float | int) else value
    for name, value in settings.options:
        own = options.get(name)
        options[name] = f"{own}:{value}" if own and name.endswith("-params") else value
    return options
