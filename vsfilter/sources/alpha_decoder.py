"""The decoder of a stream, of which FFmpeg's default may leave alpha out."""

from __future__ import annotations

from typing import Literal

from av.codec.context import CodecContext
from av.video.codeccontext import VideoCodecContext
from av.video.stream import VideoStream

_WITH_ALPHA: dict[str, Literal["libvpx", "libvpx-vp9"]] = {"vp8": "libvpx", "vp9": "libvpx-vp9"}
"""FFmpeg's own decoders of VP8 and VP9 know nothing of the second stream that is WebM's alpha."""


def decoder_of(stream: VideoStream) -> VideoCodecContext:
    """Give the decoder of a stream, the one that decodes alpha where the stream says to have it."""
    context = stream.codec_context
    name = _WITH_ALPHA.get(context.name)
    tags = {tag.lower(): text for tag, text in stream.metadata.items()}
    if name is None or tags.get("alpha_mode") != "1":
        return context
    decoder = CodecContext.create(name, "r")
    decoder.pkt_timebase = stream.time_base
    return decoder
