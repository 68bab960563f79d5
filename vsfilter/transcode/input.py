"""The input of a transcode: the reader for its kind, changed as the user wants."""

from __future__ import annotations

from dataclasses import dataclass, replace

from vsfilter.clip import ClipReader
from vsfilter.input_settings import InputSettings
from vsfilter.readers.excerpt_reader import ExcerptReader
from vsfilter.readers.rated_reader import open_rated
from vsfilter.readers.rotated_reader import RotatedReader
from vsfilter.sources.deinterlaced import Deinterlaced
from vsfilter.transcode.fidelity_settings import FidelitySettings
from vsfilter.transcode.plan import Plan
from vsfilter.window import Grid


@dataclass(frozen=True, slots=True, kw_only=True)
class OpenInput:
    """An open input.

    Attributes:
        reader: Its frames; closing it closes the input.
        settings: What the user set about it.
        pictures_per_frame: Frames of the reader for each one of the input.
        fields: What was found of its fields and what is done with them; None for nothing.
    """

    reader: ClipReader
    settings: InputSettings
    pictures_per_frame: int = 1
    fields: str | None = None

    def excerpt(self, grid: Grid) -> ExcerptReader:
        """Give the frames that are wanted, in whole windows of the clip's grid.

        Raises:
            OptionError: The excerpt begins after the clip's end, or holds no frame of it.
        """
        wanted = self.settings.excerpt
        return ExcerptReader(self.reader, wanted, grid, pictures_per_frame=self.pictures_per_frame)

    def tell(self, plan: Plan) -> Plan:
        """Add to a plan what is done with the input."""
        excerpt = self.settings.excerpt
        return replace(plan, excerpt=None if excerpt.is_all else str(excerpt), fields=self.fields)


def open_input(source: str, settings: InputSettings, fidelity: FidelitySettings) -> OpenInput:
    """Open an input for restoration.

    Args:
        source: A file, a folder or pattern of images, a `.vpy` script, or `-` for Y4M or PNG images
            on standard input.
        settings: Its rate, which part of it is wanted, and how fields become frames.
        fidelity: Whether its pixels are turned.

    Raises:
        VsfilterError: It cannot be read, or not be deinterlaced.
    """
    reader = open_rated(source, settings.rate, settings.limits)
    try:
        per_frame, fields = 1, None
        if settings.deinterlace != "off":  # before the pixels are turned, and lines with them
            reader = clip = Deinterlaced(reader, settings.deinterlace)
            per_frame, fields = clip.pictures_per_frame, clip.finding
        if fidelity.rotate == "apply" and (reader.info.rotation or reader.info.is_flipped):
            reader = RotatedReader(reader)
    except BaseException:
        reader.close()
        raise
    return OpenInput(reader=reader, settings=settings, pictures_per_frame=per_frame, fields=fields)
