"""Decoding times of encoded frames, from their presentation times alone."""

from __future__ import annotations

from collections.abc import Sequence


def decoding_times(pts: Sequence[int]) -> list[int]:
    """Give growing decoding times that are never later than the presentation times.

    Segments are encoded apart, and the times of their encoders do not fit each other. So all are
    computed anew: frame i in the order of decoding gets the time of frame i - d in the order of
    presentation, where d is the deepest reordering. Before the first frame the distances of the
    first frames are repeated, as x264 does it, which makes negative times.

    Args:
        pts: Presentation times in the order of decoding, each once.
    """
    if not pts:
        return []
    shown = sorted(pts)
    rank = {time: index for index, time in enumerate(shown)}
    depth = max(index - rank[time] for index, time in enumerate(pts))
    lead = shown[depth] - shown[0]
    return [time - lead for time in shown[:depth]] + shown[: len(shown) - depth]
