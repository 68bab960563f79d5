"""The encoder that a user's settings name: its FFmpeg name, options and pixel format."""

from __future__ import annotations

from dataclasses import dataclass

from av.codec import Codec
from av.codec.codec import UnknownCodecError

from vsfilter.errors import OptionError, SinkError
from vsfilter.frame import PixelFormat
from vsfilter.pixel_formats import PLANAR
from vsfilter.sinks.encoding.encoder_format import format_of, nearest, usable_formats
from vsfilter.sinks.encoding.encoder_options import quality_and_preset, with_own_options
from vsfilter.sinks.encoding.known_encoders import (
    IMAGE_ENCODERS,
    KnownEncoder,
    find_encoder,
    usable_names,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class EncoderSettings:
    """What a user may set about the encoder.

    Attributes:
        codec: A name of `known_encoders`, or FFmpeg's of a video encoder; None picks x264 (x265
            above 10 bits), in WebM vp9 (svtav1 above 8 bits), for images the one of their suffix.
        crf: Constant quality, lower is better; None is the codec's own default.
        preset: Speed against size, in the words of the encoder; None is the codec's own default.
        pix_fmt: FFmpeg's name of a planar pixel format; None keeps the source's as far as it goes.
        threads: Threads of the encoder, 0 for as many as it likes.
        options: Further options of the encoder, by name; they override all others.
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
class Encoder:
    """An encoder that is ready to be opened.

    Attributes:
        codec: What the user calls it.
        name: FFmpeg's name.
        pix_fmt: FFmpeg's name of the pixel format that it gets.
        format: The format that frames must have.
        options: Its options.
        is_limited: Its YUV is of limited range always.
    """

    codec: str
    name: str
    pix_fmt: str
    format: PixelFormat
    options: dict[str, str]
    is_limited: bool


def choose_encoder(
    settings: EncoderSettings, source: PixelFormat, *, suffix: str, has_alpha: bool = False
) -> Encoder:
    """Choose the encoder, and the format in which it keeps most of a clip.

    Args:
        settings: What the user wants.
        source: Format of the clip.
        suffix: Suffix of the output, such as ".mkv".
        has_alpha: Whether the clip has alpha, which is kept where the encoder can.

    Raises:
        OptionError: The encoder is unknown, or an option does not fit it.
        SinkError: The encoder takes no format that can hold the clip.
    """
    codec = settings.codec or _default_codec(source, suffix)
    known = find_encoder(codec) or KnownEncoder(name=codec)
    if IMAGE_ENCODERS.get(suffix, known.name) != known.name:
        raise OptionError(f"encoder {codec} makes no {suffix} images: leave --codec out")
    supported = _supported(known)
    is_held = known.alpha_in is None or suffix in known.alpha_in
    names = usable_formats(supported, has_alpha=has_alpha and is_held)
    if settings.pix_fmt is not None:
        names = [name for name in supported if format_of(name) is not None]
        pix_fmt = _full_name(settings.pix_fmt, names)
        if pix_fmt not in names:
            raise OptionError(
                f"encoder {codec} takes no pix_fmt {settings.pix_fmt!r}: "
                f"it takes {', '.join(names)}"
            )
    else:
        pix_fmt = nearest(names, source, codec)
    format = format_of(pix_fmt)
    if format is None:  # never: `names` holds known formats only
        raise SinkError(f"pixel format {pix_fmt} is unknown")
    options = {
        **dict(known.options),
        **dict(known.by_format.get(pix_fmt, ())),
        **quality_and_preset(known, codec, quality=settings.crf, preset=settings.preset),
    }
    return Encoder(
        codec=codec,
        name=known.name,
        pix_fmt=pix_fmt,
        format=format,
        options=with_own_options(options, settings.options, known, codec),
        is_limited=known.is_limited,
    )


def _full_name(pix_fmt: str, names: list[str]) -> str:
    """Complete the name of a format: FFmpeg lists "rgb48be", and people say "rgb48"."""
    endings = (pix_fmt, f"{pix_fmt}le", f"{pix_fmt}be")
    return next((name for name in endings if name in names), pix_fmt)


def _default_codec(source: PixelFormat, suffix: str) -> str:
    if suffix in IMAGE_ENCODERS:
        return IMAGE_ENCODERS[suffix]
    if suffix == ".webm":
        return "vp9" if source.bits == 8 else "svtav1"
    return "x264" if source.bits <= 10 else "x265"


def _supported(known: KnownEncoder) -> list[str]:
    try:
        codec = Codec(known.name, "w")
    except UnknownCodecError:
        codec = None
    if codec is None or codec.type != "video":
        usable = ", ".join(usable_names())
        raise OptionError(f"unknown encoder {known.name!r}: use one of {usable}") from None
    if known.formats is not None:
        return list(known.formats)
    names = [format.name for format in codec.video_formats or []] or list(PLANAR)
    if known.takes_float:
        return names
    return [name for name in names if (format := format_of(name)) is None or not format.is_float]
