"""A trial of an encoder that this package knows nothing about: it makes a file of two frames."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np

from vsfilter.clip import ClipInfo
from vsfilter.errors import SinkError
from vsfilter.frame import Frame
from vsfilter.sinks.encoding.encoder import EncoderSettings
from vsfilter.sinks.encoding.encoder_check import open_checked
from vsfilter.sinks.encoding.encoder_setup import EncoderSetup
from vsfilter.sinks.encoding.known_encoders import find_encoder
from vsfilter.sinks.pyav_sink import FileSink


def try_codec(settings: EncoderSettings, info: ClipInfo, *, suffix: str) -> None:
    """Refuse an encoder that would fail after hours; those that have a short name are known.

    Some encoders of FFmpeg's open for sizes that they cannot encode, and some make what a container
    or a decoder does not take.

    Args:
        settings: The encoder's settings.
        info: What holds for every frame of the output.
        suffix: Suffix of the container, such as ".mkv".

    Raises:
        OptionError: The encoder or an option of it is unknown.
        SinkError: A file that it makes cannot be written or read.
    """
    if settings.codec is None or find_encoder(settings.codec) is not None:
        return
    whole = replace(info, covers=None)  # which begins at 0
    with TemporaryDirectory() as folder:
        path = Path(folder) / f"trial{suffix}"
        open_checked(EncoderSetup.choose(settings, whole, path))  # which says best what is wrong
        try:
            with FileSink(path, whole, settings) as sink:
                for number in range(2):
                    sink.write(_black(whole, number))
        except SinkError as error:
            cause = error.__cause__ or error
            reason = getattr(cause, "strerror", None) or cause
            raise SinkError(
                f"a trial of encoder {settings.codec} gave no {suffix} that can be read "
                f"({info.width}x{info.height}, {reason}): use another, such as x264"
            ) from error


def _black(info: ClipInfo, number: int) -> Frame:
    """Give a frame without light, or with little of it."""
    duration = max(1, round(1 / (info.time_base * (info.rate or 25))))
    shapes = (
        info.format.plane_shape(plane, width=info.width, height=info.height)
        for plane in range(info.format.plane_count)
    )
    planes = tuple(np.zeros(shape, info.format.dtype) for shape in shapes)
    return Frame(
        planes=planes,
        format=info.format,
        colour=info.colour,
        pts=number * duration,
        duration=duration,
        alpha=np.zeros_like(planes[0]) if info.has_alpha else None,
    )
