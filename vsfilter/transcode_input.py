"""The input of a transcode: the reader for its kind, deinterlaced as the user wants."""

from __future__ import annotations

from dataclasses import dataclass

from vsfilter.clip import ClipReader
from vsfilter.discovery import find_source
from vsfilter.input_settings import InputSettings
from vsfilter.sources.deinterlaced import Deinterlaced


@dataclass(frozen=True, slots=True, kw_only=True)
class OpenInput:
    """An open input.

    Attributes:
        reader: Its frames; closing it closes the input.
        pictures_per_frame: Frames of the reader for each one of the input.
        fields: What was found of its fields and what is done with them; None for nothing.
    """

    reader: ClipReader
    pictures_per_frame: int = 1
    fields: str | None = None


def open_input(source: str, settings: InputSettings) -> OpenInput:
    """Open an input for restoration.

    Args:
        source: A file, a folder of images, a `.vpy` script, or `-` for Y4M on standard input.
        settings: What the user set about it.

    Raises:
        VsfilterError: It cannot be read, or not be deinterlaced.
    """
    reader = find_source(source).open(source)
    if settings.deinterlace == "off":
        return OpenInput(reader=reader)
    try:
        clip = Deinterlaced(reader, settings.deinterlace)
    except BaseException:
        reader.close()
        raise
    return OpenInput(reader=clip, pictures_per_frame=clip.pictures_per_frame, fields=clip.finding)
