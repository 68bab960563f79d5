"""The decoder of a video track, of which FFmpeg's default may leave alpha out."""

from __future__ import annotations

from typing import Literal

from av.codec.context import CodecContext, Flags, ThreadType
from av.error import FFmpegError
from av.video.codeccontext import VideoCodecContext
from av.video.stream import VideoStream

from vsfilter.errors import SourceError

_WITH_ALPHA: dict[str, Literal["libvpx", "libvpx-vp9"]] = {"vp8": "libvpx", "vp9": "libvpx-vp9"}
"""FFmpeg's own decoders of VP8 and VP9 know nothing of the second stream that is WebM's alpha."""
_ALIGNMENT_PX = 64 * 65536
"""FFmpeg counts rows as long as it stores them: up to so many pixels more than are shown."""


def open_decoder(
    stream: VideoStream, *, path: str, threads: int, max_pixels: int, is_strict: bool = False
) -> VideoCodecContext:
    """Open the decoder of a track, the one that decodes alpha where the track says to have it.

    Only slice threads are used: FFmpeg's frame threads have hung beside torch's thread pool.

    Args:
        stream: The track.
        path: The input, for messages.
        threads: Threads of the decoder, 0 for one a core.
        max_pixels: Most pixels of a picture: the coded pictures may be larger than the container
            says, and the decoder would take the memory for them.
        is_strict: Damaged pictures are errors; else the decoder conceals what it can.

    Raises:
        SourceError: The decoder refuses the headers of the track.
    """
    decoder = _choose(stream)
    decoder.thread_type = ThreadType.SLICE
    decoder.thread_count = threads
    decoder.flags |= Flags.copy_opaque  # what packets bring along comes out with the pictures
    decoder.options = {**decoder.options, "max_pixels": str(max_pixels + _ALIGNMENT_PX)}
    if is_strict:
        decoder.options = {**decoder.options, "err_detect": "crccheck+explode"}
    try:
        decoder.open(strict=False)
    except FFmpegError as error:
        raise SourceError(
            f"input {path!r}: its video track cannot be decoded, since its header is damaged "
            f"({error.strerror})"
        ) from error
    return decoder


def _choose(stream: VideoStream) -> VideoCodecContext:
    context = stream.codec_context
    name = _WITH_ALPHA.get(context.name)
    tags = {tag.lower(): text for tag, text in stream.metadata.items()}
    if name is None or tags.get("alpha_mode") != "1":
        return context
    decoder = CodecContext.create(name, "r")
    decoder.pkt_timebase = stream.time_base
    decoder.color_primaries = context.color_primaries  # only the container states these
    decoder.color_trc = context.color_trc
    return decoder
