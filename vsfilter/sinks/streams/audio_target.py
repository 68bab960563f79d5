"""The codec that stands in for audio which a container cannot hold."""

from __future__ import annotations

import io
from dataclasses import dataclass
from typing import TYPE_CHECKING

import av
from av.audio.stream import AudioStream
from av.codec import Codec
from av.container import OutputContainer
from av.error import FFmpegError

from vsfilter.sinks.streams.copied_stream import stated_layout

if TYPE_CHECKING:
    from av.audio.codeccontext import AudioCodecContext

_LAYOUTS = ("mono", "stereo", "3.0", "quad", "5.0", "5.1", "6.1", "7.1")
"""By the number of channels, from 1: layouts that every encoder used here knows, and FLAC's own."""
_PCM = {
    "u8": "pcm_s16le",
    "s16": "pcm_s16le",
    "s32": "pcm_s32le",
    "flt": "pcm_f32le",
    "dbl": "pcm_f64le",
}
_LOSSLESS = ("pcm_", "flac", "alac", "wavpack", "tta", "mlp", "truehd", "ape", "tak", "s302m")
_LOSSY = {"webm": "libopus", "mp4": "aac", "mov": "aac"}
_STEREO_BIT_RATE, _SURROUND_BIT_RATE = 96_000, 64_000
"""Bits a second and channel: transparent to nearly all ears with Opus and good with AAC."""
_OPUS_RATE = 48000
_HIGHEST_AAC_RATE = 48000


@dataclass(frozen=True, slots=True, kw_only=True)
class AudioTarget:
    """How an audio stream is encoded anew.

    Attributes:
        encoder: FFmpeg's name of the encoder.
        rate: Samples a second.
        sample_format: FFmpeg's name of the samples' type; None for the encoder's own.
        layout: FFmpeg's name of the channels.
        bit_rate: Bits a second; 0 for lossless encoders.
    """

    encoder: str
    rate: int
    sample_format: str | None = None
    layout: str
    bit_rate: int


def choose_audio(context: AudioCodecContext, format: str) -> AudioTarget | None:
    """Choose the stand-in for a stream; None where there is none.

    Lossless audio stays lossless wherever the container has room for such.

    Args:
        context: The decoder of the stream.
        format: FFmpeg's name of the output's muxer.
    """
    channels = context.layout.nb_channels
    if context.sample_rate <= 0 or not 1 <= channels <= len(_LAYOUTS):
        return None
    layout = stated_layout(context.layout)
    is_lossless = context.name.startswith(_LOSSLESS)
    for target in (
        AudioTarget(
            encoder=encoder,
            rate=context.sample_rate,
            sample_format=samples,
            layout=layout,
            bit_rate=0,
        )
        for encoder, samples in _lossless(context, format)
        if is_lossless or format not in _LOSSY
    ):
        if _holds(target, format):
            return target
    encoder = _LOSSY.get(format)
    if encoder is None:
        return None
    per_channel = _STEREO_BIT_RATE if channels <= 2 else _SURROUND_BIT_RATE
    is_opus = encoder == "libopus"
    return AudioTarget(
        encoder=encoder,
        rate=_OPUS_RATE if is_opus else _aac_rate(context.sample_rate),
        layout=_LAYOUTS[channels - 1],
        bit_rate=per_channel * channels,
    )


def is_misread(context: AudioCodecContext, format: str) -> bool:
    """Tell whether many players would play a copy of a stream as noise.

    FFmpeg's demuxer of MP4, before its version 6, takes all PCM of integers for 16 bits, the low
    byte first. FLAC holds the same samples and is known to all.

    Args:
        context: The decoder of the stream.
        format: FFmpeg's name of the output's muxer.
    """
    return context.name.startswith("pcm_") and _flac_samples(context, format) is not None


def add_encoded(output: OutputContainer, target: AudioTarget) -> AudioStream:
    """Add the stream of an encoder to an output that has no header yet.

    Raises:
        ValueError: FFmpeg has no such encoder for the output.
    """
    stream = output.add_stream(
        target.encoder, rate=target.rate, layout=target.layout, bit_rate=target.bit_rate
    )
    if not isinstance(stream, AudioStream):
        raise ValueError(f"{target.encoder} is no audio encoder")
    if target.sample_format is not None:
        stream.codec_context.format = target.sample_format
    return stream


def _aac_rate(rate: int) -> int:
    """Give the lowest rate that AAC has and that keeps all that is heard."""
    known = Codec("aac", "w").audio_rates or ()
    return min(
        (each for each in known if rate <= each <= _HIGHEST_AAC_RATE), default=_HIGHEST_AAC_RATE
    )


def _lossless(context: AudioCodecContext, format: str) -> list[tuple[str, str | None]]:
    """Give encoders, and the type of their samples, that keep all of a decoder, the best first."""
    if context.format is None:
        return []
    samples = context.format.name.removesuffix("p")
    found: list[tuple[str, str | None]] = []
    in_flac = _flac_samples(context, format)
    if in_flac is not None:
        found.append(("flac", in_flac))
    if samples == "u8":
        found.append(("pcm_u8", None))
    name = "pcm_s24le" if samples == "s32" and _has_24_bits(context) else _PCM.get(samples)
    return [*found, (name, None)] if name else found


def _flac_samples(context: AudioCodecContext, format: str) -> str | None:
    """Give the type of FLAC's samples that keep all of a decoder; None where none do."""
    if format != "mp4" or context.format is None or context.layout.nb_channels > len(_LAYOUTS):
        return None
    if stated_layout(context.layout).removesuffix("(side)") not in _LAYOUTS:
        return None  # in MP4, FLAC states nothing but the number of its channels
    samples = context.format.name.removesuffix("p")
    if samples in ("u8", "s16"):
        return "s16"
    return "s32" if samples == "s32" and _has_24_bits(context) else None


def _has_24_bits(context: AudioCodecContext) -> bool:
    return context.bits_per_raw_sample == 24


def _holds(target: AudioTarget, format: str) -> bool:
    try:
        with av.open(io.BytesIO(), "w", format=format) as output:
            add_encoded(output, target)
            output.start_encoding()
    except (ValueError, FFmpegError):
        return False
    return True
