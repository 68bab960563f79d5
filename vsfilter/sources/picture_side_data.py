"""What a decoder attaches to a picture beside its samples."""

from __future__ import annotations

import struct
from fractions import Fraction

from av.sidedata.sidedata import Type
from av.video.frame import VideoFrame

from vsfilter.hdr import HdrMetadata, LightLevel, MasteringDisplay

_DYNAMIC = {
    Type.DYNAMIC_HDR_PLUS: "HDR10+",
    Type.DYNAMIC_HDR_VIVID: "HDR Vivid",
    Type.DOVI_RPU_BUFFER: "Dolby Vision",
    Type.DOVI_METADATA: "Dolby Vision",
}
_VIEW = {Type.SPHERICAL: "360-degree video", Type.STEREO3D: "stereoscopic video"}


def captions_of(picture: VideoFrame) -> bytes | None:
    """Read the closed captions of a picture."""
    captions = picture.side_data.get(Type.A53_CC)
    return None if captions is None else bytes(captions)


def dynamic_metadata_of(picture: VideoFrame) -> tuple[str, ...]:
    """Name the metadata that describe this very picture, and no other one."""
    return tuple(sorted({name for type, name in _DYNAMIC.items() if type in picture.side_data}))


def view_metadata_of(picture: VideoFrame) -> tuple[str, ...]:
    """Name what says how the picture is looked at, which no encoder and no muxer here can write."""
    return tuple(name for type, name in _VIEW.items() if type in picture.side_data)


def hdr_of(picture: VideoFrame) -> HdrMetadata:
    """Read the mastering display and the light level that hold for the whole clip."""
    display = picture.side_data.get(Type.MASTERING_DISPLAY_METADATA)
    light = picture.side_data.get(Type.CONTENT_LIGHT_LEVEL)
    return HdrMetadata(
        display=None if display is None else _display(bytes(display)),
        light=None if light is None else _light(bytes(light)),
    )


def _display(data: bytes) -> MasteringDisplay | None:
    """Read FFmpeg's AVMasteringDisplayMetadata: ten rationals and two flags.

    A luminance that FFmpeg holds for implausible is not flagged, but passed on as it stands.
    """
    *terms, has_primaries, _ = struct.unpack_from("22i", data)
    if not has_primaries or 0 in terms[1::2]:
        return None
    values = [Fraction(*pair) for pair in zip(terms[::2], terms[1::2], strict=True)]
    red, green, blue, white = zip(values[0:8:2], values[1:8:2], strict=True)
    return MasteringDisplay(
        red=red,
        green=green,
        blue=blue,
        white=white,
        min_luminance=values[8],
        max_luminance=values[9],
    )


def _light(data: bytes) -> LightLevel:
    max_cll, max_fall = struct.unpack_from("2I", data)
    return LightLevel(max_cll=max_cll, max_fall=max_fall)
