"""The codec that stands in for audio which a container cannot hold."""

from __future__ import annotations

import io
from dataclasses import dataclass
from typing import TYPE_CHECKING

import av
from av.codec import Codec
from av.error import FFmpegError

from vsfilter.sinks.streams.copied_stream import stated_layout

if TYPE_CHECKING:
    from av.audio.codeccontext import AudioCodecContext

_LAYOUTS = ("mono", "stereo", "3.0", "quad", "5.0", "5.1", "6.1", "7.1")
"""By the number of channels, from 1: layouts that every encoder used here knows."""
_PCM = {
    "u8": "pcm_u8",
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
        layout: FFmpeg's name of the channels.
        bit_rate: Bits a second; 0 for lossless encoders.
    """

    encoder: str
    rate: int
    layout: str
    bit_rate: int


def choose_audio(context: AudioCodecContext, format: str) -> AudioTarget | None:
    """Choose the stand-in for a stream; None where there is none.

    Lossless audio stays lossless wherever the container holds PCM.

    Args:
        context: The decoder of the stream.
        format: FFmpeg's name of the output's muxer.
    """
    channels = context.layout.nb_channels
    if context.sample_rate <= 0 or not 1 <= channels <= len(_LAYOUTS):
        return None
    layout = stated_layout(context.layout)
    is_lossless = context.name.startswith(_LOSSLESS)
    for pcm in _pcm(context) if is_lossless or format not in _LOSSY else ():
        if _holds(pcm, context.sample_rate, layout, format):
            return AudioTarget(encoder=pcm, rate=context.sample_rate, layout=layout, bit_rate=0)
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


def _aac_rate(rate: int) -> int:
    """Give the lowest rate that AAC has and that keeps all that is heard."""
    known = Codec("aac", "w").audio_rates or ()
    return min(
        (each for each in known if rate <= each <= _HIGHEST_AAC_RATE), default=_HIGHEST_AAC_RATE
    )


def _pcm(context: AudioCodecContext) -> list[str]:
    """Give the kinds of PCM that hold all samples of a decoder, the smallest first."""
    if context.format is None:
        return []
    name = _PCM.get(context.format.name.removesuffix("p"))
    if name == "pcm_s32le" and context.bits_per_raw_sample == 24:
        name = "pcm_s24le"
    return ["pcm_u8", "pcm_s16le"] if name == "pcm_u8" else [name] if name else []


def _holds(encoder: str, rate: int, layout: str, format: str) -> bool:
    try:
        with av.open(io.BytesIO(), "w", format=format) as output:
            output.add_stream(encoder, rate=rate, layout=layout)
            output.start_encoding()
    except (ValueError, FFmpegError):
        return False
    return True
