"""A stream of an output whose packets are copied from the input."""

from __future__ import annotations

from av.audio.layout import AudioLayout
from av.audio.stream import AudioStream
from av.container import OutputContainer
from av.stream import Stream


def add_copied(output: OutputContainer, source: Stream) -> Stream:
    """Add the stream to an output that has no header yet.

    Args:
        output: The output.
        source: The stream of the input.

    Raises:
        ValueError: The container cannot hold it.
    """
    added = output.add_stream_from_template(source, opaque=True)
    if (
        output.format.name == "mp4"
        and isinstance(added, AudioStream)
        and added.codec_context.name.startswith("pcm_")
    ):
        # MP4 cannot leave the places of PCM's channels open, as Matroska and AVI do
        added.codec_context.layout = stated_layout(added.codec_context.layout)
    return added


def stated_layout(layout: AudioLayout) -> str:
    """Name a layout, by the number of its channels where their places are not stated.

    Args:
        layout: The layout; FFmpeg names one without places "6 channels".

    Raises:
        ValueError: There is no usual layout of so many channels.
    """
    if layout.name == f"{layout.nb_channels} channels":
        return AudioLayout(f"{layout.nb_channels}c").name
    return layout.name
