"""An audio stream that is decoded and encoded anew, since the container cannot hold it."""

from __future__ import annotations

import logging
from collections.abc import Iterable

from av.audio.frame import AudioFrame
from av.audio.resampler import AudioResampler
from av.audio.stream import AudioStream
from av.container import OutputContainer
from av.error import FFmpegError
from av.packet import Packet
from av.stream import Stream

from vsfilter.sinks.streams.audio_target import AudioTarget, add_encoded

_LOG = logging.getLogger(__name__)


class AudioConverter:
    """Packets of one codec out of packets of another, at the same times.

    Args:
        source: The stream of the input.
        output: The output, before its header is written.
        target: What to encode.

    Attributes:
        stream: The stream of the output.
    """

    def __init__(self, source: AudioStream, output: OutputContainer, target: AudioTarget) -> None:
        self._decoder = source.codec_context
        self._index = source.index
        self.stream = add_encoded(output, target)
        self._kind: tuple[str, str, int] | None = None
        self._to_encoder: AudioResampler | None = None
        self._to_blocks: AudioResampler | None = None
        self._is_damaged = False

    def convert(self, packet: Packet[Stream]) -> list[Packet[Stream]]:
        """Convert a packet; encoders hold some samples back. A damaged packet gives nothing."""
        return self._encode(self._decode(packet))

    def flush(self) -> list[Packet[Stream]]:
        """Give what decoder and encoder still hold."""
        packets = self._encode(self._decode(None))
        if self._to_encoder is not None:  # else there was no sound at all
            packets += self._in_blocks([*self._to_encoder.resample(None), None])
            packets += self.stream.encode(None)
        return packets

    def _decode(self, packet: Packet[Stream] | None) -> list[AudioFrame]:
        try:
            return self._decoder.decode(packet)
        except FFmpegError as error:
            if not self._is_damaged and not isinstance(error, EOFError):
                self._is_damaged = True
                _LOG.warning("audio stream %d is damaged (%s)", self._index, error.strerror)
            return []

    def _encode(self, frames: Iterable[AudioFrame]) -> list[Packet[Stream]]:
        packets: list[Packet[Stream]] = []
        for frame in frames:
            kind = (frame.format.name, frame.layout.name, frame.sample_rate)
            # a broadcast turns from five channels to two where its advertisements begin
            if self._to_encoder is None or kind != self._kind:
                if self._to_encoder is not None:
                    packets += self._in_blocks(self._to_encoder.resample(None))
                self._kind = kind
                self._to_encoder = self._resampler()
            packets += self._in_blocks(self._to_encoder.resample(frame))
        return packets

    def _in_blocks(self, frames: Iterable[AudioFrame | None]) -> list[Packet[Stream]]:
        """Encode frames of the encoder's own kind in as many samples as it takes at a time."""
        if self._to_blocks is None:
            self._to_blocks = self._resampler(self.stream.codec_context.frame_size)
        packets: list[Packet[Stream]] = []
        for frame in frames:
            for part in self._to_blocks.resample(frame):
                packets += self.stream.encode(part)
        return packets

    def _resampler(self, frame_size: int = 0) -> AudioResampler:
        context = self.stream.codec_context  # the encoder is open by now and knows its frame size
        return AudioResampler(
            format=context.format,
            layout=context.layout,
            rate=context.sample_rate,
            frame_size=frame_size or None,
        )
