"""Which frames a sliding-window model looks at to restore one, also near the ends of a clip."""

from .architecture import Padding


def neighbours(
    frame: int, frame_count: int, *, before: int, after: int, padding: Padding
) -> list[int]:
    """List the frames of the window around one frame.

    BasicSR's test settings name four ways to replace frames that do not exist; with five frames,
    frame 0 sees: "replicate" 0 0 0 1 2, "reflection" 2 1 0 1 2, "circle" 3 4 0 1 2,
    "reflection_circle" 4 3 0 1 2. Where a clip is too short for that, its nearest frame is taken.

    Args:
        frame: The frame to restore, from 0.
        frame_count: Frames of the clip.
        before: Frames of the window before it.
        after: Frames of the window after it.
        padding: How to replace frames that do not exist.

    Returns:
        Numbers of `before + 1 + after` frames; none is farther from `frame` than before + after.
    """
    last = frame_count - 1
    window = []
    for i in range(frame - before, frame + after + 1):
        inside = i
        if i < 0:
            inside = {
                "replicate": 0,
                "reflection": -i,
                "circle": i + before + after + 1,
                "reflection_circle": frame + after - i,
            }[padding]
        elif i > last:
            inside = {
                "replicate": last,
                "reflection": 2 * last - i,
                "circle": i - (before + after + 1),
                "reflection_circle": frame - before - (i - last),
            }[padding]
        window.append(min(max(inside, 0), last))
    return window
