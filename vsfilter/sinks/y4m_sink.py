"""Y4M on a binary stream, such as standard output."""

from __future__ import annotations

import logging
from contextlib import suppress
from typing import BinaryIO

import numpy as np

from vsfilter.clip import ClipInfo
from vsfilter.errors import OptionError, SinkError
from vsfilter.frame import FieldOrder, Frame, PixelFormat
from vsfilter.pixel_formats import PLANAR
from vsfilter.sinks.encoding.encoder import EncoderSettings
from vsfilter.sinks.finishing import Finishing
from vsfilter.sinks.frame_check import check_frame
from vsfilter.y4m_format import Y4M_FORMATS, y4m_tag

_LOG = logging.getLogger(__name__)
_INTERLACING: dict[FieldOrder, str] = {"progressive": "p", "top": "t", "bottom": "b"}


def choose_y4m_format(encoder: EncoderSettings, source: PixelFormat) -> PixelFormat:
    """Choose the format of a Y4M stream: what the user wants, else the source's where it holds it.

    Raises:
        OptionError: Y4M holds no such format, or something is wanted of an encoder.
    """
    wanted = {
        "--codec": encoder.codec,
        "--crf": encoder.crf,
        "--preset": encoder.preset,
        "--encoder-opts": encoder.options or None,
    }
    for flag, value in wanted.items():
        if value is not None:
            raise OptionError(f"OUT '-' is raw Y4M, which no encoder makes: leave {flag} out")
    if encoder.pix_fmt is not None:
        known = {name: form for name, form in PLANAR.items() if form in Y4M_FORMATS.values()}
        found = known.get(encoder.pix_fmt) or known.get(f"{encoder.pix_fmt}le")
        if found is None:
            names = ", ".join(known)
            raise OptionError(f"Y4M holds no pix_fmt {encoder.pix_fmt!r}: it holds {names}")
        return found
    is_planar_yuv = source.family != "rgb" and not source.is_float
    return source if is_planar_yuv else PixelFormat(family="yuv", bits=16)


class Y4MSink(Finishing):
    """A Y4M stream; its header is written with the first frame.

    Y4M knows a constant rate only: the times of frames are not in it. Where they vary, this is
    said once.

    Args:
        stream: Where the bytes go; it is flushed but not closed.
        info: What holds for every frame of the output.

    Attributes:
        frame_count: Frames written so far.
        safe_frames: Frames that a later run need not make again: none.

    Raises:
        SinkError: Y4M cannot hold the format.
    """

    def __init__(self, stream: BinaryIO, info: ClipInfo) -> None:
        if info.format.family == "rgb":
            raise SinkError("Y4M holds no RGB: convert to YUV first, for example with --pix-fmt")
        tag = y4m_tag(info.format, chroma_location=info.colour.chroma_location)
        if tag is None:
            kind = "float" if info.format.is_float else "integer"
            raise SinkError(
                f"Y4M holds no {info.format.family} of {info.format.bits}-bit {kind} samples with "
                "this subsampling: convert to yuv420p or yuv444p16 first"
            )
        self._stream = stream
        self._info = info
        self._tag = tag
        self._is_begun = False
        self._rate = info.rate or 1 / info.time_base
        self._first_pts = 0
        self._is_even = True
        self.frame_count = 0
        self.safe_frames = 0

    def write(self, frame: Frame) -> None:
        """Write one frame.

        Raises:
            SinkError: The frame does not fit the clip, or the reader has gone away.
        """
        check_frame(frame, self._info)
        try:
            if not self._is_begun:
                self._stream.write(self._header(frame.field_order))
                self._is_begun, self._first_pts = True, frame.pts
            self._stream.write(b"FRAME\n")
            little = np.dtype(self._info.format.dtype).newbyteorder("<")
            for plane in frame.planes:
                self._stream.write(memoryview(np.ascontiguousarray(plane, little)).cast("B"))
        except OSError as error:
            raise self._failed(error) from error
        self._note_time(frame.pts)
        self.frame_count += 1

    def _note_time(self, pts: int) -> None:
        """Say, once, that a reader of the stream will show a frame at another time."""
        time_s = (pts - self._first_pts) * self._info.time_base
        off_s = self.frame_count / self._rate - time_s
        if self._is_even and abs(off_s) * self._rate > 1:
            self._is_even = False
            _LOG.warning(
                "the times of frames vary, and Y4M holds a constant rate only: frame %d comes %.3f "
                "s %s there; a file keeps the times",
                self.frame_count,
                abs(off_s),
                "late" if off_s > 0 else "early",
            )

    def _header(self, field_order: FieldOrder) -> bytes:
        info = self._info
        rate = self._rate
        aspect = info.sample_aspect_ratio
        words = [
            "YUV4MPEG2",
            f"W{info.width}",
            f"H{info.height}",
            f"F{rate.numerator}:{rate.denominator}",
            f"I{_INTERLACING[field_order]}",
            f"A{aspect.numerator}:{aspect.denominator}",
            f"C{self._tag}",
        ]
        if info.colour.is_full_range is not None:
            words.append(f"XCOLORRANGE={'FULL' if info.colour.is_full_range else 'LIMITED'}")
        return f"{' '.join(words)}\n".encode("ascii")

    def finish(self) -> None:
        """Hand everything to the reader.

        Raises:
            SinkError: The reader has gone away.
        """
        try:
            if not self._is_begun:
                self._stream.write(self._header("progressive"))
                self._is_begun = True
            self._stream.flush()
        except OSError as error:
            raise self._failed(error) from error

    def abort(self) -> None:
        """Stop; what the reader has got cannot be taken back."""
        with suppress(OSError):
            self._stream.flush()

    def _failed(self, error: OSError) -> SinkError:
        if isinstance(error, BrokenPipeError):
            return SinkError(
                f"the reader of the Y4M stream closed it after {self.frame_count} frames"
            )
        return SinkError(f"the Y4M stream cannot be written: {error.strerror}")
