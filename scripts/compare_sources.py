"""Compare `vsfilter.source` with bestsource, frame by frame.

    python scripts/compare_sources.py FILE...

One line a file: "equal", or what differs first. Frames are asked for in a random order, so that
seeking is compared too. Pictures that bestsource crops to an even size are compared where both
have them.
"""

from __future__ import annotations

import random
import sys
from pathlib import Path

import numpy as np
import vapoursynth as vs

import vsfilter

PROPS = {
    **dict.fromkeys(("_FieldBased", "_Range", "_PictType", "_ChromaLocation"), None),
    **dict.fromkeys(("_Matrix", "_Primaries", "_Transfer"), 2),
    **dict.fromkeys(("_SARNum", "_SARDen"), 1),
}
"""What is compared, and what stands for it where a source does not state it."""


def main() -> None:
    """Compare the files that the command line names."""
    for path in map(Path, sys.argv[1:]):
        print(f"{path.name:45} {compare(path)}", flush=True)


def compare(path: Path) -> str:
    """Compare all frames of a file; say what was found."""
    try:
        theirs = vs.core.bs.VideoSource(str(path), cachemode=0, showprogress=False)
    except vs.Error as error:
        return f"bestsource refuses it ({str(error).splitlines()[0]:.60}); vsfilter: {ours(path)}"
    try:
        clip = vsfilter.source(path)
    except vs.Error as error:
        return str(error)
    if clip.num_frames != theirs.num_frames:
        return f"{clip.num_frames} frames, bestsource {theirs.num_frames}"
    if clip.format.id != theirs.format.id:
        return f"{clip.format.name}, bestsource {theirs.format.name}"
    found: dict[str, int] = {}
    for number in random.Random(1).sample(range(clip.num_frames), clip.num_frames):
        for difference in differences(clip.get_frame(number), theirs.get_frame(number)):
            found[difference] = found.get(difference, 0) + 1
    if not found:
        return f"equal: {clip.num_frames} frames"
    parts = (f"{difference} in {count} frames" for difference, count in sorted(found.items()))
    return f"of {clip.num_frames} frames: {'; '.join(parts)}"


def ours(path: Path) -> str:
    """Say what `vsfilter.source` makes of a file."""
    try:
        return f"{vsfilter.source(path).num_frames} frames"
    except vs.Error as error:
        return str(error)


def differences(frame: vs.VideoFrame, other: vs.VideoFrame) -> list[str]:
    """Name what differs between two frames."""
    found = []
    for index in range(frame.format.num_planes):
        plane, theirs = np.asarray(frame[index]), np.asarray(other[index])
        rows, columns = theirs.shape
        if not np.array_equal(plane[:rows, :columns], theirs):
            found.append(f"plane {index}")
    for name, missing in PROPS.items():
        if frame.props.get(name, missing) != other.props.get(name, missing):
            found.append(f"{name} {frame.props.get(name)}, bestsource {other.props.get(name)}")
    if ("_Alpha" in frame.props) != ("_Alpha" in other.props):
        found.append("_Alpha in one only")
    elif "_Alpha" in frame.props and not np.array_equal(
        np.asarray(frame.props["_Alpha"][0]), np.asarray(other.props["_Alpha"][0])
    ):
        found.append("_Alpha")
    return found


if __name__ == "__main__":
    main()
