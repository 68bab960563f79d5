"""An encoder with all that decides what it makes of frames."""

from __future__ import annotations

import io
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Self

import av
from av.video.stream import VideoStream

from vsfilter.clip import ClipInfo
from vsfilter.errors import SinkError
from vsfilter.sinks.encoding.encoder import Encoder, EncoderSettings, choose_encoder
from vsfilter.sinks.encoding.encoder_clock import encoder_unit
from vsfilter.sinks.encoding.known_encoders import IMAGE_ENCODERS
from vsfilter.sinks.encoding.usual_scheduling import usual_scheduling
from vsfilter.sinks.encoding.video_stream import add_video_stream, check_size
from vsfilter.sinks.output_path import FORMATS

ANY_CODEC = ".null"
"""The suffix of a container that holds every codec, and that nobody writes."""
_FORMATS = {**FORMATS, ANY_CODEC: "null"}


@dataclass(frozen=True, slots=True, kw_only=True)
class EncoderSetup:
    """All that decides what an encoder makes of frames.

    Attributes:
        encoder: The encoder.
        info: What holds for every frame of the output.
        suffix: Suffix of the container, which tells where the codec's headers go; images have none.
        threads: Threads of the encoder, 0 for as many as it likes.
    """

    encoder: Encoder
    info: ClipInfo
    suffix: str
    threads: int

    @classmethod
    def choose(cls, settings: EncoderSettings, info: ClipInfo, path: Path) -> Self:
        """Choose the encoder for an output.

        Raises:
            OptionError: The encoder or an option of it is unknown.
            SinkError: The encoder does not take the clip.
        """
        suffix = path.suffix.lower()
        encoder = choose_encoder(settings, info.format, suffix=suffix, has_alpha=info.has_alpha)
        if encoder.format != info.format:
            raise SinkError(
                f"encoder {encoder.name} does not take this clip's pixel format: "
                f"convert it to {encoder.pix_fmt} first"
            )
        check_size(encoder, info)
        container = ANY_CODEC if suffix in IMAGE_ENCODERS else suffix
        return cls(encoder=encoder, info=info, suffix=container, threads=settings.threads)

    def open(self) -> VideoStream:
        """Open a fresh encoder, as the stream of a container that is never written.

        Raises:
            FFmpegError: The encoder refuses the clip or an option.
            ValueError: The container cannot hold the codec.
            SinkError: It is no video encoder.
        """
        container = av.open(io.BytesIO(), "w", format=_FORMATS[self.suffix])
        info = replace(self.info, time_base=encoder_unit(self.info.time_base))
        stream = add_video_stream(container, self.encoder, info, threads=self.threads)
        with usual_scheduling():
            container.start_encoding()
        return stream
