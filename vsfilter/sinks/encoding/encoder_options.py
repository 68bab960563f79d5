"""The options that an encoder gets: its defaults here, and what the user gives."""

from __future__ import annotations

import difflib

from av.codec import CodecContext
from av.codec.context import OptionFlags

from vsfilter.errors import OptionError
from vsfilter.sinks.encoding.known_encoders import KnownEncoder, Options, find_encoder

_FOR_VIDEO_ENCODERS = OptionFlags.ENCODING_PARAM | OptionFlags.VIDEO_PARAM


def quality_and_preset(
    known: KnownEncoder, codec: str, *, quality: float | None, preset: str | None
) -> dict[str, str]:
    """Give the options for constant quality and speed.

    Args:
        known: The encoder.
        codec: What the user calls it.
        quality: What the user wants; None for the default.
        preset: The same.

    Raises:
        OptionError: The encoder has no such thing, or not this value.
    """
    is_ours = find_encoder(codec) is not None
    options = {}
    for name, given, default in (
        ("crf", quality, known.quality),
        ("preset", preset, known.preset),
    ):
        if given is not None and is_ours and default is None:
            raise OptionError(f"encoder {codec} has no {name}: leave --{name} out")
    if quality is not None and is_ours and not 0 <= quality <= known.worst:
        raise OptionError(f"crf is {quality:g}: encoder {codec} takes 0 to {known.worst:g}")
    if preset is not None and known.presets and preset not in known.presets:
        raise OptionError(
            f"preset is {preset!r}: encoder {codec} takes one of {', '.join(known.presets)}"
        )
    quality = known.quality if quality is None else quality
    preset = known.preset if preset is None else preset
    if quality is not None:
        options[known.quality_option] = f"{quality:g}"
    if preset is not None:
        options[known.preset_option] = preset
    return options


def with_own_options(
    options: dict[str, str], given: Options, known: KnownEncoder, codec: str
) -> dict[str, str]:
    """Add the options that the user gives; they override the others.

    One that FFmpeg does not know of this encoder goes to the encoder itself, as x265 and SVT-AV1
    have many that FFmpeg does not list; `encoder_check` tells whether the encoder knows it.

    Args:
        options: The options so far.
        given: Names and values, in the words of FFmpeg or of the encoder.
        known: The encoder.
        codec: What the user calls it.

    Raises:
        OptionError: The encoder has no such option.
    """
    if not given:
        return options
    merged = dict(options)
    listed = CodecContext.create(known.name, "w").supported_options
    names = {
        option.name
        for option in (*listed.generic, *listed.private)
        if option.flags & _FOR_VIDEO_ENCODERS == _FOR_VIDEO_ENCODERS
    }
    for name, value in given:
        if name == known.params:
            merged[name] = ":".join(filter(None, (merged.get(name), value)))
        elif name in names:
            merged[name] = value
        elif known.params is not None:
            pair = f"{_escaped(name)}={_escaped(value)}"
            merged[known.params] = ":".join(filter(None, (merged.get(known.params), pair)))
        else:
            near = difflib.get_close_matches(name, names, n=1)
            hint = (
                f": did you mean {near[0]!r}?" if near else f": see ffmpeg -h encoder={known.name}"
            )
            raise OptionError(f"encoder {codec} has no option {name!r}{hint}")
    return merged


def _escaped(text: str) -> str:
    """Keep what FFmpeg would take for the end of a value."""
    return "".join(f"\\{letter}" if letter in "\\':=" else letter for letter in text)
