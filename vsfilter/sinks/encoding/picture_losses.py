"""What an encoder cannot keep of a picture."""

from __future__ import annotations

from av.codec import Codec

from vsfilter.clip import ClipInfo
from vsfilter.frame import PixelFormat
from vsfilter.sinks.encoding.captions import keeps_captions
from vsfilter.sinks.encoding.encoder import Encoder
from vsfilter.sinks.encoding.encoder_format import keeps_alpha
from vsfilter.sinks.encoding.hdr_options import keeps_hdr


def picture_losses(clip: ClipInfo, format: PixelFormat, encoder: Encoder | None) -> list[str]:
    """Say what is lost, a phrase each; nothing where all is kept.

    Args:
        clip: The clip of the input.
        format: The format of the output's frames.
        encoder: The encoder of the output; None for Y4M, which holds samples only.
    """
    name = "Y4M" if encoder is None else encoder.name
    losses = _sample_losses(clip.format, format, "Y4M" if encoder is None else encoder.pix_fmt)
    if clip.has_alpha and (encoder is None or not keeps_alpha(encoder.pix_fmt)):
        kind = name if encoder is None else f"{name} in {encoder.pix_fmt}"
        losses.append(
            f"alpha, which {kind} cannot hold (ffv1 can, prores in .mov and vp9 in .webm too)"
        )
    if clip.dynamic_metadata:
        names = " and ".join(clip.dynamic_metadata)
        losses.append(f"{names} metadata, which describe the old picture")
    if clip.view_metadata:
        names = " and ".join(clip.view_metadata)
        losses.append(f"the marks of {names}, which cannot be written")
    has_hdr = clip.hdr.display is not None or clip.hdr.light is not None
    if has_hdr and (encoder is None or not keeps_hdr(encoder.name)):
        losses.append(f"HDR10 mastering data, which {name} cannot write (x265 and svtav1 can)")
    codec = "y4m" if encoder is None else Codec(encoder.name, "w").canonical_name
    if clip.has_captions and not keeps_captions(codec):
        losses.append(f"closed captions, which {name} cannot hold (x264 and x265 can)")
    return losses


def _sample_losses(before: PixelFormat, after: PixelFormat, name: str) -> list[str]:
    losses = []
    if after.family == "gray" != before.family:
        losses.append(f"all colour, since {name} has none")
    if after.bits < before.bits:
        losses.append(f"{before.bits - after.bits} of {before.bits} bits")
    is_coarser = (
        after.subsampling_w > before.subsampling_w or after.subsampling_h > before.subsampling_h
    )
    if is_coarser and before.family != "gray":
        losses.append(f"resolution of chroma, since {name} has less")
    return losses
