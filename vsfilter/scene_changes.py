"""Find the cuts of a window: from the marks of a scene detector, else by comparing frames."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from vsfilter.cuts import begins_shot, overview

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from vsfilter.engine.settings import Cuts
    from vsfilter.window import Window


def find_cuts(
    window: Window,
    frames: Sequence[NDArray[np.float32]],
    props: Sequence[Mapping[str, object]],
    cuts: Cuts,
) -> frozenset[int]:
    """Find the frames of a window that begin a new shot; each depends on two frames alone.

    Args:
        window: Which frames these are.
        frames: (3, h, w) each, RGB, nominally in [0, 1].
        props: Their properties; `_SceneChangePrev` and `_SceneChangeNext` count.
        cuts: "auto" looks at a pair of frames that has none of these properties.
    """
    if not isinstance(cuts, str):
        return frozenset(cuts)
    if cuts == "off":
        return frozenset()
    found = set()
    overviews: dict[int, NDArray[np.float64]] = {}  # each frame is compared twice
    for index in range(1, len(frames)):
        is_new = marked_cut(props[index - 1], props[index])
        if cuts == "auto" and is_new is None:
            for each in (index - 1, index):
                if each not in overviews:
                    overviews[each] = overview(frames[each])
            is_new = begins_shot(overviews[index - 1], overviews[index])
        if is_new:
            found.add(window.start + index)
    return frozenset(found)


def marked_cut(previous: Mapping[str, object], current: Mapping[str, object]) -> bool | None:
    """Tell whether a new shot begins with a frame, from the properties of it and the one before.

    Returns:
        None where neither has a mark of a scene detector.
    """
    marks = (current.get("_SceneChangePrev"), previous.get("_SceneChangeNext"))
    stated = [bool(mark) for mark in marks if mark is not None]
    return any(stated) if stated else None
