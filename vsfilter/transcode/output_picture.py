"""What the output's pictures shall be."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from vsfilter.clip import ClipInfo
from vsfilter.colour import target_colour
from vsfilter.frame import Colour, PixelFormat
from vsfilter.output_size import SizeSettings
from vsfilter.sinks.encoding.encoder import EncoderSettings, choose_encoder
from vsfilter.sinks.encoding.known_encoders import IMAGE_ENCODERS
from vsfilter.sinks.y4m_sink import choose_y4m_format

STDOUT = "-"


@dataclass(frozen=True, slots=True, kw_only=True)
class OutputPicture:
    """What the output's pictures shall be, as far as it is known before a model is.

    Attributes:
        format: Format of the output: the source's, or the nearest that the encoder takes.
        colour: What its samples mean.
        size: What the user wishes of its size.
    """

    format: PixelFormat
    colour: Colour
    size: SizeSettings


def choose_output(
    clip: ClipInfo, target: str, encoder: EncoderSettings, size: SizeSettings
) -> OutputPicture:
    """Choose format and colour of the output.

    Raises:
        OptionError: What is wanted of the encoder does not fit it.
        SinkError: It takes no format that can hold the clip.
    """
    is_full_range = None
    if target == STDOUT:
        format = choose_y4m_format(encoder, clip.format)
    else:
        suffix = Path(target).suffix.lower()
        chosen = choose_encoder(encoder, clip.format, suffix=suffix, has_alpha=clip.has_alpha)
        format = chosen.format
        if chosen.is_limited or suffix in IMAGE_ENCODERS:
            is_full_range = not chosen.is_limited  # readers of images ask no tag
    resolved = clip.colour.resolved(clip.format, width=clip.width, height=clip.height)
    colour = target_colour(resolved, format, is_full_range=is_full_range)
    return OutputPicture(format=format, colour=colour, size=size)
