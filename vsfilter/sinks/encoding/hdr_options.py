"""HDR metadata in the words of the encoders that write it into their stream."""

from __future__ import annotations

from collections.abc import Mapping
from fractions import Fraction

from vsfilter.hdr import Chromaticity, HdrMetadata

_OPTIONS = {
    "libx265": ("x265-params", "master-display", "max-cll"),
    "libx264": ("x264-params", "mastering-display", "cll"),
    "libsvtav1": ("svtav1-params", "mastering-display", "content-light"),
}
"""By encoder: the option of FFmpeg's, and the names inside it."""
_CHROMATICITY_UNIT = Fraction(1, 50000)
_LUMINANCE_UNIT = Fraction(1, 10000)
"""Of x264 and x265, as in the messages that they write (HEVC, annex D)."""


def keeps_hdr(encoder: str) -> bool:
    """Tell whether an encoder can write HDR metadata."""
    return encoder in _OPTIONS


def hdr_options(encoder: str, hdr: HdrMetadata, options: Mapping[str, str]) -> dict[str, str]:
    """Add the metadata to the options of an encoder; what the user gave there comes first.

    Args:
        encoder: FFmpeg's name of the encoder.
        hdr: What the clip states.
        options: The options of the encoder so far.
    """
    if encoder not in _OPTIONS:
        return dict(options)
    name, display_name, light_name = _OPTIONS[encoder]
    given = options.get(name, "")
    words = [given] if given else []
    if hdr.display is not None and f"{display_name}=" not in given:
        words.append(f"{display_name}={_display(encoder, hdr)}")
    if hdr.light is not None and f"{light_name}=" not in given:
        words.append(f"{light_name}={hdr.light.max_cll},{hdr.light.max_fall}")
    return {**options, name: ":".join(words)} if words else dict(options)


def _display(encoder: str, hdr: HdrMetadata) -> str:
    display = hdr.display
    if display is None:
        return ""
    is_av1 = encoder == "libsvtav1"  # takes plain numbers

    def point(chromaticity: Chromaticity) -> str:
        return ",".join(
            _number(part, Fraction(1) if is_av1 else _CHROMATICITY_UNIT) for part in chromaticity
        )

    luminances = ",".join(
        _number(value, Fraction(1) if is_av1 else _LUMINANCE_UNIT)
        for value in (display.max_luminance, display.min_luminance)
    )
    return (
        f"G({point(display.green)})B({point(display.blue)})R({point(display.red)})"
        f"WP({point(display.white)})L({luminances})"
    )


def _number(value: Fraction, unit: Fraction) -> str:
    return f"{float(value):.6f}" if unit == 1 else str(round(value / unit))
