"""The input of a transcode: the reader for its kind, changed as the user wants."""

from __future__ import annotations

from vsfilter.clip import ClipReader
from vsfilter.discovery import find_source
from vsfilter.fidelity_settings import FidelitySettings
from vsfilter.rotated_reader import RotatedReader


def open_input(source: str, fidelity: FidelitySettings) -> ClipReader:
    """Open an input for restoration.

    Args:
        source: A file, a folder of images, a `.vpy` script, or `-` for Y4M on standard input.
        fidelity: Whether its pixels are turned.

    Returns:
        The frames; closing them closes the input.

    Raises:
        VsfilterError: It cannot be read.
    """
    reader = find_source(source).open(source)
    is_turned = reader.info.rotation != 0 or reader.info.is_flipped
    return RotatedReader(reader) if fidelity.rotate == "apply" and is_turned else reader
