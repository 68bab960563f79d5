"""A clip through a real video encoder, in memory, by PyAV."""

from __future__ import annotations

from fractions import Fraction
from typing import cast

import av
import cv2
import numpy as np
import torch
from av.error import FFmpegError
from av.video.codeccontext import VideoCodecContext
from av.video.frame import VideoFrame
from numpy.typing import NDArray

from vsfilter.errors import OptionError


def encode_and_decode(
    clip: NDArray[np.uint8], encoder: str, *, decoder: str, bit_rate: int, fps: int
) -> NDArray[np.uint8]:
    """Encode a clip at a bit rate; decode it again.

    One thread encodes: the result of x264 depends on their number, and samples are made on
    several threads anyway.

    Args:
        clip: (t, h, w, 3), RGB, with even sides.
        encoder: FFmpeg's name of the encoder.
        decoder: FFmpeg's name of the decoder of what it writes.
        bit_rate: In bit/s.
        fps: Frames a second.

    Returns:
        The decoded clip, in the same form.

    Raises:
        OptionError: The encoder does not take such a clip.
    """
    try:
        context = _open_encoder(clip, encoder, bit_rate=bit_rate, fps=fps)
        packets = []
        for number, pixels in enumerate(clip):
            # OpenCV converts: PyAV sets up a converter for each frame, at 2 ms each
            planes = cv2.cvtColor(pixels, cv2.COLOR_RGB2YUV_I420)
            frame = VideoFrame.from_ndarray(planes, format="yuv420p")
            frame.pts, frame.time_base = number, Fraction(1, fps)
            packets += context.encode(frame)
        packets += context.encode(None)
        reader = cast(VideoCodecContext, av.CodecContext.create(decoder, "r"))
        reader.thread_count = 1
        frames = [frame for packet in packets for frame in reader.decode(packet)]
        frames += reader.decode(None)
    except FFmpegError as error:
        h, w = clip.shape[1:3]
        raise OptionError(
            f"{encoder} cannot encode {w}x{h} px at {bit_rate} bit/s and {fps} fps ({error}): "
            "give other codecs, fps or bit_rate"
        ) from error
    if len(frames) != len(clip):
        raise OptionError(
            f"{encoder} gave {len(frames)} of {len(clip)} frames at {bit_rate} bit/s: "
            "give a higher bit_rate"
        )
    planes = [frame.to_ndarray(format="yuv420p") for frame in frames]
    return np.stack([cv2.cvtColor(p, cv2.COLOR_YUV2RGB_I420) for p in planes]).astype(np.uint8)


def _open_encoder(
    clip: NDArray[np.uint8], encoder: str, *, bit_rate: int, fps: int
) -> VideoCodecContext:
    context = cast(VideoCodecContext, av.CodecContext.create(encoder, "w"))
    context.height, context.width = clip.shape[1:3]
    context.pix_fmt = "yuv420p"
    context.framerate, context.time_base = Fraction(fps), Fraction(1, fps)
    context.bit_rate = bit_rate
    # FFmpeg's own encoders may miss the rate by 4 Mbit/s, so that short clips ignored it
    context.bit_rate_tolerance = bit_rate
    context.thread_count = 1
    if context.codec.name == "libx264" and torch.backends.cpu.get_cpu_capability() == "AVX512":
        # of pictures of few blocks its mbtree reads unwritten memory there; without mbtree short
        # clips would ignore the rate
        context.options = {"x264-params": "asm=avx2"}
    context.open()
    return context


def can_encode(name: str) -> bool:
    """Tell whether this FFmpeg has an encoder."""
    try:
        av.Codec(name, "w")
    except (FFmpegError, ValueError):
        return False
    return True
