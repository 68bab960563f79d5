"""PNG images one after the other on a binary stream, as ffmpeg's image2pipe gives them."""

from __future__ import annotations

import struct
from collections.abc import Iterator
from dataclasses import replace
from typing import BinaryIO

import av
from av.error import FFmpegError
from av.video.codeccontext import VideoCodecContext
from av.video.frame import VideoFrame

from vsfilter.clip import ClipInfo
from vsfilter.closing import Closing
from vsfilter.errors import SourceError
from vsfilter.frame import Frame
from vsfilter.input_limits import WITHIN_REASON, InputLimits
from vsfilter.sources.decoded_frame import to_frame
from vsfilter.sources.image_source import DEFAULT_RATE, refuse_another_kind

PNG_SIGNATURE = b"\x89PNG\r\n\x1a\n"
_LARGEST_IMAGE_BYTES = 2**31
"""Above this a length is taken for a lie, before any memory is asked for."""
_SIZE = struct.Struct(">II")
"""How IHDR begins: width and height, in px."""


class PngStream(Closing):
    """Images of one size and format, read as they come; each is one frame.

    The container format is described in the PNG specification (W3C, 2003), section 5: a signature,
    then chunks of length, type, data and checksum, the last of which is IEND.

    Args:
        stream: Where the bytes come from; it is not closed.
        limits: How large an image may be.

    Raises:
        SourceError: There is no image, or the first one is damaged.
    """

    def __init__(self, stream: BinaryIO, *, limits: InputLimits = WITHIN_REASON) -> None:
        self._stream, self._limits = stream, limits
        first = self._next(0)
        if first is None:
            raise SourceError("standard input is empty: give PNG images")
        self._first: Frame | None = first
        self._info = ClipInfo(
            width=first.width,
            height=first.height,
            format=first.format,
            colour=first.colour,
            time_base=1 / DEFAULT_RATE,
            rate=DEFAULT_RATE,
            is_rate_assumed=True,
            has_alpha=first.alpha is not None,
        )

    @property
    def info(self) -> ClipInfo:
        """What holds for every frame."""
        return self._info

    def __iter__(self) -> Iterator[Frame]:
        """Give the frames as they come, each once.

        Raises:
            SourceError: An image is damaged or cut off, or is of another kind than the first.
        """
        number = 0
        frame = self._first
        self._first = None  # a large picture that nobody needs any more
        while frame is not None:
            yield replace(frame, pts=number, duration=1)
            number += 1
            frame = self._next(number)
            if frame is not None:
                refuse_another_kind(frame, self._info, name=f"{number} on standard input")

    def _next(self, number: int) -> Frame | None:
        data = self._read_image(number)
        if data is None:
            return None
        decoder = av.CodecContext.create("png", "r")
        decoder.thread_count = 1
        pictures: list[VideoFrame] = []
        try:
            if isinstance(decoder, VideoCodecContext):
                pictures = [*decoder.decode(av.Packet(data)), *decoder.decode(None)]
        except FFmpegError as error:
            raise SourceError(
                f"image {number} on standard input is damaged: {error.strerror}"
            ) from error
        if not pictures:
            raise SourceError(f"image {number} on standard input holds no picture")
        return to_frame(pictures[0], pts=number, duration=1, field_order="progressive")

    def _read_image(self, number: int) -> bytes | None:
        """Read the bytes of one image; None at the end of the stream."""
        signature = self._stream.read(len(PNG_SIGNATURE))
        if not signature:
            return None
        if signature != PNG_SIGNATURE:
            raise SourceError(f"what should be image {number} on standard input is no PNG")
        data = bytearray(signature)
        kind = b""
        while kind != b"IEND":
            head = self._read(8, number)
            length, kind = struct.unpack(">I4s", head)
            if len(data) + length > _LARGEST_IMAGE_BYTES:
                raise SourceError(
                    f"image {number} on standard input is damaged: a part of it claims to have "
                    f"{length} bytes"
                )
            chunk = self._read(length + 4, number)  # with the checksum
            if kind == b"IHDR" and length >= _SIZE.size:
                width, height = _SIZE.unpack_from(chunk)
                self._limits.check_size("-", width=width, height=height)
            data += head
            data += chunk
        return bytes(data)

    def _read(self, count: int, number: int) -> bytes:
        data = self._stream.read(count)
        if len(data) < count:
            raise SourceError(f"standard input is cut off in image {number}")
        return data

    def close(self) -> None:
        """Do nothing: standard input stays open."""
