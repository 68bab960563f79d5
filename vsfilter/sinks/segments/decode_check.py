"""Check of a segment: a decoder gives every frame of it, at the right size."""

from __future__ import annotations

from pathlib import Path
from threading import Event

import av
from av.codec import Codec
from av.codec.codec import UnknownCodecError
from av.error import FFmpegError
from av.packet import Packet
from av.stream import Stream
from av.video.codeccontext import VideoCodecContext

from vsfilter.errors import SinkError
from vsfilter.sinks.encoding.encoder_format import keeps_alpha
from vsfilter.sinks.encoding.encoder_setup import EncoderSetup
from vsfilter.sinks.segments.packet_alpha import set_alpha
from vsfilter.sinks.segments.packet_file import read_frames

_DECODERS = {"av1": "libdav1d"}
"""Where FFmpeg's decoder of the codec's own name needs hardware."""
_ALPHA_DECODERS = {"vp9": "libvpx-vp9"}
"""Where it knows nothing of alpha."""
_FALSE_ALARMS = ("mpeg4",)
"""Encoders of whose frames FFmpeg's decoder calls some damaged: those of several slices."""


def can_decode(path: Path, setup: EncoderSetup, *, headers: bytes, stop: Event) -> bool:
    """Decode a segment.

    Args:
        path: The segment's file.
        setup: How it was encoded.
        headers: The codec's headers that the output states.
        stop: Set to leave the rest undone.

    Returns:
        False when it was stopped, or FFmpeg has no decoder for the codec.

    Raises:
        SinkError: A frame is missing, damaged or of another size.
    """
    decoder = _open_decoder(setup, headers)
    if decoder is None:
        return False
    given = found = 0
    try:
        for frame in read_frames(path):
            if stop.is_set():
                return False
            given += 1
            packet = av.Packet(frame.data)
            set_alpha(packet, frame.alpha)
            found += _count(decoder, packet, setup)
        found += _count(decoder, None, setup)
    except (FFmpegError, OSError, ValueError) as error:
        raise SinkError(
            f"what {setup.encoder.name} made cannot be decoded ({path.name}: {error}): "
            "report it, and begin anew with --no-resume"
        ) from error
    if found != given:
        raise SinkError(
            f"{found} of {given} frames that {setup.encoder.name} made can be decoded "
            f"({path.name}): report it, and begin anew with --no-resume"
        )
    return True


def _open_decoder(setup: EncoderSetup, headers: bytes) -> VideoCodecContext | None:
    codec = Codec(setup.encoder.name, "w").canonical_name
    has_alpha = keeps_alpha(setup.encoder.pix_fmt)
    name = (_ALPHA_DECODERS if has_alpha else _DECODERS).get(codec, codec)
    try:
        decoder = av.CodecContext.create(name, "r")
    except UnknownCodecError:
        return None
    if not isinstance(decoder, VideoCodecContext):
        return None
    decoder.width, decoder.height = setup.info.width, setup.info.height  # FFV1 states no size
    decoder.thread_count = 1  # it runs beside the model, which needs the cores
    if headers:
        decoder.extradata = headers
    return decoder


def _count(decoder: VideoCodecContext, packet: Packet[Stream] | None, setup: EncoderSetup) -> int:
    """Give a packet to the decoder, or None at the end; count the frames that come out."""
    pictures = decoder.decode(packet)
    for picture in pictures:
        if (picture.width, picture.height) != (setup.info.width, setup.info.height):
            raise ValueError(f"a frame of {picture.width}x{picture.height} px")
        if picture.is_corrupt and setup.encoder.name not in _FALSE_ALARMS:
            raise ValueError("a damaged frame")
    return len(pictures)
