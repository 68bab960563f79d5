"""Find the cuts of a window: from the marks of a scene detector, else by comparing frames."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from vsfilter.cuts import is_cut

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from vsfilter.engine.restorer import Cuts
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
    for index in range(1, len(frames)):
        marks = (props[index].get("_SceneChangePrev"), props[index - 1].get("_SceneChangeNext"))
        is_marked = any(mark is not None for mark in marks)
        if any(marks) or (
            cuts == "auto" and not is_marked and is_cut(frames[index - 1], frames[index])
        ):
            found.add(window.start + index)
    return frozenset(found)
