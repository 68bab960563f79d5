"""Pictures as a web encoder leaves them, to measure how much of the damage is undone."""

from __future__ import annotations

from collections.abc import Iterator
from fractions import Fraction

import av
import cv2
import numpy as np
from av.video.codeccontext import VideoCodecContext
from av.video.frame import VideoFrame
from numpy.typing import NDArray

CRF = 30
"""Of x264: blocks and smeared texture are seen, faces and letters still are what they were."""


def code(pictures: Iterator[NDArray[np.uint8]]) -> Iterator[NDArray[np.uint8]]:
    """Encode pictures with x264, as H.264 of 8 bits and 4:2:0, and decode them again.

    One thread encodes, so that everybody measures the same pictures.

    Args:
        pictures: Each (h, w, 3), RGB, of one size.

    Yields:
        The decoded pictures, in the same form; the encoder looks some frames ahead.
    """
    h = w = 0

    def code_frame(frame: VideoFrame | None) -> Iterator[NDArray[np.uint8]]:
        for packet in encoder.encode(frame):
            yield from (_to_pixels(coded)[:h, :w] for coded in decoder.decode(packet))

    encoder, decoder = _contexts()
    for number, picture in enumerate(pictures):
        h, w = picture.shape[:2]
        even = np.pad(picture, ((0, h % 2), (0, w % 2), (0, 0)), mode="edge")
        # OpenCV converts: swscale's way there and back makes pictures darker by one grey level
        planes = cv2.cvtColor(even, cv2.COLOR_RGB2YUV_I420).astype(np.uint8, copy=False)
        frame = VideoFrame.from_ndarray(planes, format="yuv420p")
        frame.pts, frame.time_base = number, encoder.time_base
        if number == 0:
            encoder.width, encoder.height = frame.width, frame.height
        yield from code_frame(frame)
    if h:
        yield from code_frame(None)
        yield from (_to_pixels(coded)[:h, :w] for coded in decoder.decode(None))


def _contexts() -> tuple[VideoCodecContext, VideoCodecContext]:
    encoder = av.CodecContext.create("libx264", "w")
    encoder.pix_fmt = "yuv420p"
    encoder.framerate, encoder.time_base = Fraction(25), Fraction(1, 25)
    # of pictures of few blocks x264's mbtree reads unwritten memory, on CPUs with AVX512
    encoder.options = {"crf": str(CRF), "preset": "medium", "x264-params": "mbtree=0"}
    encoder.thread_count = 1
    return encoder, av.CodecContext.create("h264", "r")


def _to_pixels(frame: VideoFrame) -> NDArray[np.uint8]:
    rgb = cv2.cvtColor(frame.to_ndarray(), cv2.COLOR_YUV2RGB_I420)
    return rgb.astype(np.uint8, copy=False)
