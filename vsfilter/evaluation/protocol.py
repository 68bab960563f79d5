"""How papers measure a set of clips."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import get_args

from vsfilter.errors import OptionError
from vsfilter.evaluation.evaluated_clips import Degradation


@dataclass(frozen=True, slots=True, kw_only=True)
class Protocol:
    """How papers measure a set of clips.

    Attributes:
        degradation: "bi" for MATLAB's bicubic, "bd" for a Gaussian blur and every n-th pixel,
            "coded" for "bi" and then H.264 of x264; None is "bi", or "coded" at the same size.
        crop: Border of a frame that is not compared, in px.
        is_centre: Only the middle frame of a clip counts.
        measures: VMAF or XPSNR beside PSNR and SSIM.
        frames: How many frames of a clip count, from its beginning; None for all.
    """

    degradation: Degradation | None = None
    crop: int = 0
    is_centre: bool = False
    measures: tuple[str, ...] = ()
    frames: int | None = None


_PROTOCOLS = {
    "vid4": Protocol(degradation="bi"),
    "reds4": Protocol(degradation="bi"),
    "udm10": Protocol(degradation="bd"),
    "vimeo": Protocol(degradation="bi", is_centre=True),
}
"""Of the public sets; papers give the luma of all but REDS4, where they give RGB."""


def choose_protocol(name: str | None, degradation: str | None) -> Protocol:
    """Find a protocol by its name; a degradation that is given too counts more.

    Args:
        name: "vid4", "reds4", "udm10" or "vimeo"; None for all frames without a border.
        degradation: How small clips are made; None for that of the protocol.

    Raises:
        OptionError: One of the two is unknown.
    """
    if name is not None and name not in _PROTOCOLS:
        raise OptionError(f"protocol is {name!r}: give {', '.join(_PROTOCOLS)}")
    protocol = _PROTOCOLS[name] if name else Protocol()
    if degradation is None:
        return protocol
    known: tuple[Degradation, ...] = get_args(Degradation)
    for each in known:
        if degradation == each:
            return replace(protocol, degradation=each)
    raise OptionError(f"degradation is {degradation!r}: give {', '.join(known)}")
