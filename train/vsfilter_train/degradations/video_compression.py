"""Compression by a real video encoder."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from vsfilter.errors import OptionError

from .degradation import Clip
from .setting_checks import check_choices, check_number, check_range, check_shares

CODECS = {"libx264": "h264", "h264": "h264", "mpeg4": "mpeg4", "mpeg2video": "mpeg2video"}
"""Encoders, each with the decoder of what it writes."""
LEAST_BIT_RATE = 1000
"""x264 takes none below; in bit/s."""
MPEG2_FPS = (24, 25, 30, 50, 60)


@dataclass(frozen=True, slots=True, kw_only=True)
class VideoCompression:
    """Encodes a clip at a random bit rate, and decodes it.

    RealBasicVSR's, with its defaults: a bit rate from 10 to 100 kbit/s at one frame a second, so
    10 to 100 kbit a frame, whatever its size. It was chosen for pictures of 256x256 px.

    Attributes:
        codecs: FFmpeg's names of encoders, of which one is chosen for a clip.
        shares: How often each codec is chosen, with the sum 1; empty takes all equally often.
        bit_rate: In bit/s; less than 1000 is raised to 1000.
        fps: Frames a second; MPEG-2 has only 24, 25, 30, 50 and 60.
        area: Size of the pictures that `bit_rate` is meant for, in px; other pictures get more or
            less by their area, so that clips and patches look alike. 0 gives all the same.
    """

    codecs: tuple[str, ...] = ("libx264", "h264", "mpeg4")
    shares: tuple[float, ...] = ()
    bit_rate: tuple[float, float] = (1e4, 1e5)
    fps: int = 1
    area: int = 0

    def __post_init__(self) -> None:
        """Refuse settings that cannot work, and a machine that cannot encode."""
        check_choices("codecs", self.codecs, CODECS)
        if self.shares:
            check_shares("shares", self.shares, count=len(self.codecs))
        check_range("bit_rate", self.bit_rate, least=1, most=1e9)
        check_number("fps", self.fps, least=1, most=1000)
        check_number("area", self.area, least=0)
        if "mpeg2video" in self.codecs and self.fps not in MPEG2_FPS:
            raise OptionError(f"fps is {self.fps}: mpeg2video takes 24, 25, 30, 50 or 60")
        try:
            from .codec_round_trip import can_encode
        except ImportError as error:
            raise OptionError(
                "video compression needs PyAV, which is not installed here: leave "
                "video_compression out of the recipe, or install av"
            ) from error
        if missing := [codec for codec in self.codecs if not can_encode(codec)]:
            raise OptionError(
                f"codecs is {list(self.codecs)}: FFmpeg lacks {', '.join(missing)} here; "
                "choose others"
            )

    def __call__(self, clip: Clip, random: np.random.Generator) -> Clip:
        """Compress a clip; see `Degradation`."""
        from .codec_round_trip import encode_and_decode

        codec = str(random.choice(self.codecs, p=self.shares or None))
        bit_rate = random.uniform(*self.bit_rate)
        _, h, w, _ = clip.shape
        if self.area:
            bit_rate *= h * w / self.area
        pixels = (clip * 255).round().astype(np.uint8)
        # 4:2:0 wants even sides
        pixels = np.pad(pixels, ((0, 0), (0, h % 2), (0, w % 2), (0, 0)), mode="edge")
        decoded = encode_and_decode(
            pixels,
            codec,
            decoder=CODECS[codec],
            bit_rate=max(LEAST_BIT_RATE, int(bit_rate)),
            fps=self.fps,
        )
        return decoded[:, :h, :w].astype(np.float32) / np.float32(255)
