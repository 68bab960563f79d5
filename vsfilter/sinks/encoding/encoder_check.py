"""Opening an encoder for the first time: what it refuses is said in words that help."""

from __future__ import annotations

from dataclasses import replace

import av.logging
from av.error import FFmpegError
from av.video.stream import VideoStream

from vsfilter.errors import OptionError, SinkError
from vsfilter.sinks.encoding.encoder_setup import ANY_CODEC, EncoderSetup
from vsfilter.sinks.output_path import SUFFIXES

_REFUSED = ("Unknown option", "Invalid value", "Error parsing option")
"""What FFmpeg's wrappers log of an encoder's own option, and go on without it."""
_NO_GPU = ("Cannot load", "No capable devices", "no CUDA-capable", "OpenEncodeSession")


def open_checked(setup: EncoderSetup) -> VideoStream:
    """Open an encoder as `EncoderSetup.open` does.

    Raises:
        OptionError: The encoder refuses an option, a value, the size or the format.
        SinkError: The container cannot hold the codec, or the encoder needs a GPU that is not
            there.
    """
    name = setup.encoder.codec
    opened, lines = _open_and_listen(setup)
    if refused := [line for line in lines if line.startswith(_REFUSED)]:
        raise OptionError(f"encoder {name} says {refused[0].rstrip('.')!r}: see its documentation")
    if isinstance(opened, VideoStream):
        return opened
    if isinstance(_open(replace(setup, suffix=ANY_CODEC)), VideoStream):
        raise SinkError(f"{setup.suffix} cannot hold {name}: {_advice(setup)}") from opened
    reason = " ".join(lines[:2]) or str(getattr(opened, "strerror", None) or opened)
    if setup.encoder.name.endswith("_nvenc") and any(word in reason for word in _NO_GPU):
        raise SinkError(
            f"encoder {name} needs an NVIDIA GPU that encodes video, with its driver ({reason}): "
            "use another, such as x264"
        ) from opened
    raise OptionError(
        f"encoder {name} refuses {setup.info.width}x{setup.info.height} in "
        f"{setup.encoder.pix_fmt} with these options: {reason}"
    ) from opened


def _advice(setup: EncoderSetup) -> str:
    """Tell which containers hold the codec, and which codecs the container holds."""
    others = (replace(setup, suffix=suffix) for suffix in SUFFIXES)
    holds = [other.suffix for other in others if isinstance(_open(other), VideoStream)]
    instead = "vp9 or svtav1" if setup.suffix == ".webm" else "x264 or x265"
    other = f"give a {' or '.join(holds)} file, or " if holds else ""
    return f"{other}use --codec {instead}"


def _open_and_listen(setup: EncoderSetup) -> tuple[VideoStream | Exception, list[str]]:
    """Open an encoder as `_open` does; give also what FFmpeg says meanwhile."""
    level, is_brief = av.logging.get_level(), av.logging.get_skip_repeated()
    av.logging.set_level(av.logging.WARNING)
    av.logging.set_skip_repeated(False)  # what was said about the last encoder would be missing
    try:
        with av.logging.Capture() as log:
            opened = _open(setup)
    finally:
        av.logging.set_level(level)
        av.logging.set_skip_repeated(is_brief)
    # "Eval" repeats without the name of the option what the encoder says with it
    told = (" ".join(text.split()) for _, name, text in log if name != "Eval")
    return opened, list(dict.fromkeys(told))


def _open(setup: EncoderSetup) -> VideoStream | Exception:
    """Open an encoder; give the error where that fails."""
    try:
        return setup.open()
    except (FFmpegError, ValueError) as error:
        return error
