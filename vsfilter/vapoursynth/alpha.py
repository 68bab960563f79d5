"""The opacity of frames, `_Alpha`: resized with the picture, so that it has its size."""

from __future__ import annotations

import vapoursynth as vs

from vsfilter.errors import OptionError

ALPHA = "_Alpha"
"""The property of a frame that holds its opacity, a gray frame."""


def check_alpha(alpha: vs.VideoFrame, picture: vs.VideoFrame | vs.VideoNode) -> None:
    """Check that opacity has the size and the depth of the picture that it belongs to.

    Raises:
        OptionError: It has not.
    """
    gray = picture.format.replace(color_family=vs.GRAY, subsampling_w=0, subsampling_h=0)
    expected = (picture.width, picture.height, gray.id)
    if (alpha.width, alpha.height, alpha.format.id) != expected:
        raise OptionError(
            f"{ALPHA} is {alpha.width}x{alpha.height} {alpha.format.name}: "
            f"make it {picture.width}x{picture.height} {gray.name}, as the clip is"
        )


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

    def take(n: int, f: vs.VideoFrame) -> vs.VideoFrame:
        alpha = f.props[ALPHA]
        try:
            check_alpha(alpha, source)
        except OptionError as error:
            raise vs.Error(f"upscale: frame {n}: {error}") from None
        return alpha

    resized = enlarged_alpha(
        vs.core.std.ModifyFrame(template, clip, take), gray, width=clip.width, height=clip.height
    )
    with_alpha = vs.core.std.ClipToProp(clip, resized, prop=ALPHA)

    def choose(n: int, f: vs.VideoFrame) -> vs.VideoNode:
        return with_alpha if ALPHA in f.props else clip

    chosen = vs.core.std.FrameEval(clip, choose, prop_src=clip, clip_src=[clip, with_alpha])
    for node in (with_alpha, chosen):  # they hand on what is cached already
        node.std.SetVideoCache(mode=0)
    resized.std.SetVideoCache(mode=1, fixedsize=1, maxsize=vs.core.num_threads)
    return chosen
