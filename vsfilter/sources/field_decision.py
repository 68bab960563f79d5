"""What is done with the fields of a clip, from what is stated and seen of its first frames."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from vsfilter.input_settings import Deinterlace
from vsfilter.sources.field_survey import FieldEvidence

Order = Literal["top", "bottom"]
Treated = Literal["combed", "stated", "all"]

_CLEARLY = 4
"""How many times more often one thing must be seen than its contrary."""
_FEWEST = 3
"""Frames below which nothing is concluded from what is seen."""
_FEWEST_AGAINST_FLAGS = 10
"""The same for the order of fields that the stream states: patterns that repeat deceive idet."""


@dataclass(frozen=True, slots=True, kw_only=True)
class FieldDecision:
    """What is done with the fields of a clip.

    Attributes:
        order: Which field comes first.
        treated: The frames that are deinterlaced: all, those that the stream states as interlaced,
            or of these only the ones that look so.
        finding: What was found, in words; None where there is nothing to say.
    """

    order: Order
    treated: Treated
    finding: str | None


def decide(evidence: Sequence[FieldEvidence], mode: Deinterlace) -> FieldDecision:
    """Decide from the first frames of a clip.

    Stated flags are believed unless the frames clearly show something else: pictures whose two
    fields belong together are common in interlaced streams (PsF, films on television), and cameras
    and capture software forget the flag.

    Args:
        evidence: Of the first frames.
        mode: What the user wants; not "off".
    """
    order, found_by = _order(evidence)
    words = f"interlaced, {order} field first ({found_by})"
    if mode != "auto":
        return FieldDecision(order=order, treated="all", finding=words)
    # No camera makes alpha, and GIFs have it: their dither differs by line, as fields do.
    evidence = [e for e in evidence if e.stated != "progressive" or not e.has_alpha]
    stated = [each for each in evidence if each.stated != "progressive"]
    unstated = [each for each in evidence if each.stated == "progressive"]
    if _is_telecined(evidence):
        return FieldDecision(
            order=order,
            treated="combed",
            finding="film in 3:2 pulldown: undo it first, for example with VIVTC in a script",
        )
    if _looks_interlaced(unstated):
        return FieldDecision(order=order, treated="all", finding=words)
    if stated and not _looks_progressive(stated):
        return FieldDecision(order=order, treated="stated", finding=words)
    finding = "stated as interlaced, but both fields of a frame show the same time"
    return FieldDecision(order=order, treated="combed", finding=finding if stated else None)


def _seen(evidence: Sequence[FieldEvidence], *words: str) -> int:
    return sum(each.seen in words for each in evidence)


def _order(evidence: Sequence[FieldEvidence]) -> tuple[Order, str]:
    """Give the first field, and who says so."""
    stated_top = sum(each.stated == "top" for each in evidence)
    stated_bottom = sum(each.stated == "bottom" for each in evidence)
    seen_top, seen_bottom = _seen(evidence, "top"), _seen(evidence, "bottom")
    seen: Order = "top" if seen_top >= seen_bottom else "bottom"
    more, less = max(seen_top, seen_bottom), min(seen_top, seen_bottom)
    is_clear = more >= _FEWEST and more > _CLEARLY * less
    is_beyond_doubt = more >= _FEWEST_AGAINST_FLAGS and is_clear
    if not stated_top and not stated_bottom:
        return seen, "as the picture shows" if is_clear else "assumed: nothing tells"
    stated: Order = "top" if stated_top >= stated_bottom else "bottom"
    if is_beyond_doubt and seen != stated:
        return seen, f"as the picture shows, though the stream says {stated}"
    return stated, "as the stream says"


def _looks_progressive(evidence: Sequence[FieldEvidence]) -> bool:
    progressive = _seen(evidence, "progressive")
    return progressive >= _FEWEST and progressive > _CLEARLY * _seen(evidence, "top", "bottom")


def _looks_interlaced(evidence: Sequence[FieldEvidence]) -> bool:
    """Ask for both signs, since idet errs where pictures move up or down."""
    top, bottom = _seen(evidence, "top"), _seen(evidence, "bottom")
    others = min(top, bottom) + _seen(evidence, "progressive")
    combed = sum(each.is_combed for each in evidence)
    return (
        max(top, bottom) >= _FEWEST
        and max(top, bottom) > _CLEARLY * others
        and 2 * combed > len(evidence)
    )


def _is_telecined(evidence: Sequence[FieldEvidence]) -> bool:
    """Tell whether two of five frames, always the same, are woven of two pictures."""
    combed = [each.is_combed for each in evidence]
    repeated = [a == b for a, b in zip(combed, combed[5:], strict=False)]
    return (
        len(combed) >= 20
        and 0.3 < sum(combed) / len(combed) < 0.5
        and sum(repeated) > 0.9 * len(repeated)
    )
