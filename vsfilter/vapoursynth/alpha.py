"""The opacity of frames, `_Alpha`: resized with the picture, so that it has its size."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import vapoursynth as vs

from vsfilter.errors import OptionError
from vsfilter.vapoursynth.translation import pixel_format, read_planes, write_planes

if TYPE_CHECKING:
    from vsfilter.frame import Plane

ALPHA = "_Alpha"
"""The property of a frame that holds its opacity, a gray frame."""


def read_alpha(alpha: vs.VideoFrame, picture: vs.VideoFrame | vs.VideoNode) -> Plane:
    """Give the samples of opacity, (rows, columns), in the depth of the picture it belongs to.

    A clip that is brought to another depth keeps the opacity of its frames as that was.

    Raises:
        OptionError: It is not gray, or of another size.
    """
    size = (picture.width, picture.height)
    if (alpha.width, alpha.height) != size or alpha.format.color_family != vs.GRAY:
        raise OptionError(
            f"{ALPHA} is {alpha.width}x{alpha.height} {alpha.format.name}: "
            f"make it gray of {picture.width}x{picture.height}, as the clip is"
        )
    plane = read_planes(alpha)[0]
    given, wanted = pixel_format(alpha.format), pixel_format(picture.format)
    if (given.bits, given.is_float) == (wanted.bits, wanted.is_float):
        return plane.copy()
    share = np.clip(plane.astype(np.float64) / given.highest, 0, 1) * wanted.highest
    return (share if wanted.is_float else np.rint(share)).astype(wanted.dtype)


def enlarged_alpha(
    alpha: vs.VideoNode, format: vs.VideoFormat, *, width: int, height: int
) -> vs.VideoNode:
    """Resize opacity, gray of full range, bicubic, to a size in px and a gray format.

    What its frames state of colour and fields is not asked: zimg would convert by it.
    """
    return vs.core.resize.Bicubic(
        alpha.std.RemoveFrameProps(),
        width=width,
        height=height,
        format=format.id,
        range_in=1,
        range=1,
        dither_type="none",
    )


def resize_alpha(clip: vs.VideoNode, source: vs.VideoNode) -> vs.VideoNode:
    """Resize the opacity that frames carry in `_Alpha`; those without one stay as they are.

    Args:
        clip: The enlarged frames, which carry the opacity of their sources. A frame of it is
            asked for twice: it should be cached.
        source: The clip that had it first; it has its size, and gets its depth.
    """
    gray = source.format.replace(color_family=vs.GRAY, subsampling_w=0, subsampling_h=0)
    template = vs.core.std.BlankClip(
        clip, format=gray.id, width=source.width, height=source.height, keep=True
    )

    def take(n: int, f: list[vs.VideoFrame]) -> vs.VideoFrame:
        blank, carrier = f
        try:
            alpha = read_alpha(carrier.props[ALPHA], source)
        except OptionError as error:
            raise vs.Error(f"upscale: frame {n}: {error}") from None
        filled = blank.copy()
        write_planes(filled, [alpha])
        return filled

    taken = vs.core.std.ModifyFrame(template, [template, clip], take)
    resized = enlarged_alpha(taken, gray, width=clip.width, height=clip.height)
    with_alpha = vs.core.std.ClipToProp(clip, resized, prop=ALPHA)

    def choose(n: int, f: vs.VideoFrame) -> vs.VideoNode:
        return with_alpha if ALPHA in f.props else clip

    chosen = vs.core.std.FrameEval(clip, choose, prop_src=clip, clip_src=[clip, with_alpha])
    for node in (with_alpha, chosen):  # they hand on what is cached already
        node.std.SetVideoCache(mode=0)
    resized.std.SetVideoCache(mode=1, fixedsize=1, maxsize=vs.core.num_threads)
    return chosen
