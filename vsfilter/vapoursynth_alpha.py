"""The opacity of frames, `_Alpha`: resized with the picture, so that it has its size."""

from __future__ import annotations

import numpy as np
import vapoursynth as vs

_ALPHA = "_Alpha"


def resize_alpha(clip: vs.VideoNode, source: vs.VideoNode) -> vs.VideoNode:
    """Resize the opacity that frames carry in `_Alpha`; those without one stay as they are.

    Args:
        clip: The enlarged frames, which carry the opacity of their sources. A frame of it is
            asked for twice: it should be cached.
        source: The clip that had it first; it has its size, and gets its depth.
    """
    gray = source.format.replace(color_family=vs.GRAY, subsampling_w=0, subsampling_h=0)
    template = vs.core.std.BlankClip(
        clip, format=vs.GRAYS, width=source.width, height=source.height, keep=True
    )

    def take(n: int, f: vs.VideoFrame) -> vs.VideoFrame:
        alpha = f.props[_ALPHA]
        if (alpha.width, alpha.height) != (source.width, source.height):
            raise vs.Error(
                f"upscale: frame {n}: _Alpha is {alpha.width}x{alpha.height}, but the clip "
                f"{source.width}x{source.height}: make them equal"
            )
        taken = vs.core.create_video_frame(vs.GRAYS, alpha.width, alpha.height)
        samples = np.asarray(alpha[0])
        is_integer = alpha.format.sample_type == vs.INTEGER
        top = (1 << alpha.format.bits_per_sample) - 1 if is_integer else 1
        np.divide(samples, top, out=np.asarray(taken[0]), casting="same_kind", dtype=np.float32)
        taken.props["_Range"] = 1
        return taken

    resized = vs.core.resize.Spline36(
        vs.core.std.ModifyFrame(template, clip, take),
        width=clip.width,
        height=clip.height,
        format=gray.id,
        range=1,
        dither_type="none",
    )
    with_alpha = vs.core.std.ClipToProp(clip, resized, prop=_ALPHA)

    def choose(n: int, f: vs.VideoFrame) -> vs.VideoNode:
        return with_alpha if _ALPHA in f.props else clip

    return vs.core.std.FrameEval(clip, choose, prop_src=clip, clip_src=[clip, with_alpha])
