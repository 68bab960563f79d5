"""Charts whose colours are known at every point, in any format of samples."""

from __future__ import annotations

import numpy as np
import vapoursynth as vs

from vsfilter.frame import Colour, PixelFormat
from vsfilter.vapoursynth.translation import read_planes, video_format

COLUMNS, ROWS = 48, 32


def chart(format: PixelFormat, colour: Colour, *, flat=None, scale=1):
    """Give the planes of a chart: one flat colour, or linear ramps in all of R, G and B.

    Args:
        format: Format of the samples.
        colour: What they mean.
        flat: The colour (r, g, b) in [0, 1]; None for ramps.
        scale: Times larger; a ramp then has the same value at the same place of the picture.
    """
    rows, columns = np.indices((ROWS * scale, COLUMNS * scale))
    x = ((columns + 0.5) / scale - 0.5) / (COLUMNS - 1)
    y = ((rows + 0.5) / scale - 0.5) / (ROWS - 1)
    ramps = np.stack([x, y, 0.9 - 0.7 * x]) * 0.8 + 0.1
    rgb = ramps if flat is None else np.array(flat)[:, None, None] + 0 * ramps
    blank = vs.core.std.BlankClip(width=rgb.shape[2], height=rgb.shape[1], format=vs.RGBS, length=1)

    def fill(n, f):
        filled = f.copy()
        for plane in range(3):
            np.copyto(np.asarray(filled[plane]), rgb[plane].astype(np.float32))
        return filled

    wanted = {}
    if format.family != "rgb":
        wanted = {"matrix": colour.matrix, "range": int(colour.is_full_range)}
    if colour.chroma_location is not None:
        wanted["chromaloc"] = colour.chroma_location
    node = vs.core.resize.Spline36(
        vs.core.std.ModifyFrame(blank, blank, fill),
        format=video_format(format).id,
        dither_type="none",
        **wanted,
    )
    return tuple(np.array(plane) for plane in read_planes(node.get_frame(0)))
