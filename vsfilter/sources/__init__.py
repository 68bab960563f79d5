"""The bundled sources, offered by the same hook as anyone's.

Asking for them imports neither av nor numpy nor vapoursynth; opening one does.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from vsfilter.image_pattern import is_image_pattern
from vsfilter.input_limits import WITHIN_REASON, InputLimits
from vsfilter.plugin import Source, hookimpl

if TYPE_CHECKING:
    from vsfilter.clip import ClipReader


def _open_file(path: str, limits: InputLimits = WITHIN_REASON) -> ClipReader:
    from vsfilter.sources.pyav_source import FileSource

    return FileSource(path, limits=limits)


def _open_standard_input(path: str, limits: InputLimits = WITHIN_REASON) -> ClipReader:
    from vsfilter.sources.standard_input import open_standard_input

    return open_standard_input(limits=limits)


def _open_y4m(path: str, limits: InputLimits = WITHIN_REASON) -> ClipReader:
    from vsfilter.sources.y4m_source import Y4MSource

    return Y4MSource(path, limits=limits)


def _open_images(path: str, limits: InputLimits = WITHIN_REASON) -> ClipReader:
    from vsfilter.sources.image_source import ImageSource

    return ImageSource(path, limits=limits)


def _open_script(path: str) -> ClipReader:
    from vsfilter.sources.script_source import open_script

    return open_script(path)


def _is_y4m(path: str) -> bool:
    return path.lower().endswith(".y4m")


def _is_images(path: str) -> bool:
    return Path(path).is_dir() or is_image_pattern(path)


def _is_script(path: str) -> bool:
    return path.lower().endswith(".vpy")


@hookimpl
def vsfilter_sources() -> list[Source]:
    """Return the bundled kinds of input."""
    return [
        Source(
            name="file",
            summary="any file that FFmpeg reads",
            accepts=lambda path: True,
            open=_open_file,
            open_within=_open_file,
            is_fallback=True,
        ),
        Source(
            name="stdin",
            summary="Y4M or PNG images on standard input (-)",
            accepts=lambda path: path == "-",
            open=_open_standard_input,
            open_within=_open_standard_input,
        ),
        Source(
            name="y4m",
            summary="a Y4M file",
            accepts=_is_y4m,
            open=_open_y4m,
            open_within=_open_y4m,
        ),
        Source(
            name="images",
            summary="a folder of images, or a pattern: frames/*.png, frames/%05d.png",
            accepts=lambda path: not _is_y4m(path) and not _is_script(path) and _is_images(path),
            open=_open_images,
            open_within=_open_images,
        ),
        Source(
            name="script",
            summary="a VapourSynth script (.vpy)",
            accepts=_is_script,
            open=_open_script,
        ),
    ]
