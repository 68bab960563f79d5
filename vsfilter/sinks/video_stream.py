"""The video stream of an output container."""

from __future__ import annotations

from fractions import Fraction
from pathlib import Path

from av.codec import Codec
from av.container import OutputContainer
from av.video.stream import VideoStream

from vsfilter.clip import ClipInfo
from vsfilter.errors import SinkError
from vsfilter.sinks.encoder import Encoder
from vsfilter.sinks.hdr_options import hdr_options
from vsfilter.sinks.matroska_aspect import write_aspect
from vsfilter.sinks.picture import tag_encoder

MUXER_OPTIONS = {
    ".mp4": {"movflags": "+faststart"},
    # QuickTime's own keys, as of phones; in MP4 they would push the cover out
    ".mov": {"movflags": "+faststart+use_metadata_tags"},
}
"""Options of FFmpeg's muxers by the suffix of an output."""
_EVEN_ONLY = ("libx264", "libx265", "libsvtav1")
"""Encoders that take subsampled chroma at even sizes only."""
_STATE_ASPECT = ("h264", "hevc", "mpeg4", "mpeg2video")
"""Codecs that state the shape of pixels themselves."""
_DEFAULT_RATE = Fraction(25)


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
            "use vp9 or ffv1, or pix_fmt yuv444p"
        )


def finish_header(path: Path, info: ClipInfo, encoder: str) -> None:
    """Put into a finished file what FFmpeg's muxer could not be told.

    Args:
        path: The file.
        info: What holds for every frame of it.
        encoder: FFmpeg's name of the encoder.

    Raises:
        SinkError: The file is not laid out as expected.
    """
    is_matroska = path.suffix.lower() in (".mkv", ".webm")
    aspect = info.sample_aspect_ratio
    if is_matroska and aspect != 1 and Codec(encoder, "w").canonical_name not in _STATE_ASPECT:
        write_aspect(path, width=info.width, height=info.height, aspect=aspect)


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
    stream = output.add_stream(
        encoder.name,
        rate=info.rate or _DEFAULT_RATE,
        options=hdr_options(encoder.name, info.hdr, encoder.options),
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
    tag_encoder(context, info.colour)
    if info.rotation or info.is_flipped:
        # PyAV mirrors after the rotation, ClipInfo before it: the angle changes its sign
        angle = -info.rotation if info.is_flipped else info.rotation
        stream.set_display_rotation(angle, hflip=info.is_flipped)
    return stream
