"""The video stream of an output container."""

from __future__ import annotations

import os
from fractions import Fraction

from av.codec.context import ThreadType
from av.container import OutputContainer
from av.video.stream import VideoStream

from vsfilter.clip import ClipInfo
from vsfilter.errors import SinkError
from vsfilter.sinks.encoding.encoder import Encoder
from vsfilter.sinks.encoding.hdr_options import hdr_options
from vsfilter.sinks.encoding.known_encoders import IMAGE_ENCODERS
from vsfilter.sinks.encoding.picture import tag_encoder
from vsfilter.sinks.encoding.repeatable import repeatable_options

_EVEN_ONLY = ("libx264", "libx265", "libsvtav1")
"""Encoders that take subsampled chroma at even sizes only."""
_DEFAULT_RATE = Fraction(25)
_KEY_FRAME_EVERY_S = 10
"""Longest wait of a player that is asked for a place, as x264's authors advise."""
_MOST_BETWEEN_KEY_FRAMES = 600


def check_size(encoder: Encoder, info: ClipInfo) -> None:
    """Refuse a size that the encoder would refuse with a riddle.

    Raises:
        SinkError: The size is odd, and the encoder cannot subsample its chroma.
    """
    columns = info.width % (1 << info.format.subsampling_w)
    rows = info.height % (1 << info.format.subsampling_h)
    if (columns or rows) and encoder.name in _EVEN_ONLY:
        raise SinkError(
            f"encoder {encoder.name} takes no {info.width}x{info.height} in {encoder.pix_fmt}: "
            "use vp9 or ffv1, or --pix-fmt yuv444p, or give an even --size"
        )


def add_video_stream(
    output: OutputContainer, encoder: Encoder, info: ClipInfo, *, threads: int
) -> VideoStream:
    """Add the encoded stream with all that a player must know of it.

    Args:
        output: The container, before its header is written.
        encoder: The encoder.
        info: What holds for every frame of the output.
        threads: Threads of the encoder, 0 for as many as it likes.

    Raises:
        SinkError: The encoder is none of video.
        ValueError: The container cannot hold the codec.
    """
    if encoder.name == "libsvtav1":
        os.environ.setdefault("SVT_LOG", "1")  # its only switch against 20 lines on stderr
    stream = output.add_stream(
        encoder.name,
        rate=info.rate or _DEFAULT_RATE,
        options=repeatable_options(
            encoder.name, hdr_options(encoder.name, info.hdr, encoder.options)
        ),
        width=info.width,
        height=info.height,
        time_base=info.time_base,
    )
    if not isinstance(stream, VideoStream):
        raise SinkError(f"{encoder.name} is no video encoder")
    context = stream.codec_context
    context.pix_fmt = encoder.pix_fmt
    context.sample_aspect_ratio = info.sample_aspect_ratio
    context.thread_count = threads
    if encoder.name in IMAGE_ENCODERS.values():  # one image has no slices to share out
        context.thread_type = ThreadType.FRAME
    context.gop_size = key_frame_interval(info.rate)
    tag_encoder(context, info.colour)
    if info.rotation or info.is_flipped:
        # PyAV mirrors after the rotation, ClipInfo before it: the angle changes its sign
        angle = -info.rotation if info.is_flipped else info.rotation
        stream.set_display_rotation(angle, hflip=info.is_flipped)
    return stream


def key_frame_interval(rate: Fraction | None) -> int:
    """Give the most frames from one key frame to the next.

    Args:
        rate: Frames a second, as far as it is known.
    """
    return max(
        1, min(_MOST_BETWEEN_KEY_FRAMES, round((rate or _DEFAULT_RATE) * _KEY_FRAME_EVERY_S))
    )
