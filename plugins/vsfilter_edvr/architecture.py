"""The numbers that make one EDVR differ from another."""

from dataclasses import dataclass
from typing import Literal, get_args

Padding = Literal["reflection_circle", "reflection", "replicate", "circle"]
PADDINGS: tuple[Padding, ...] = get_args(Padding)


@dataclass(frozen=True, slots=True, kw_only=True)
class Architecture:
    """What makes one EDVR differ from another.

    Attributes:
        channels: Channels of the features; 64 in EDVR-M, 128 in EDVR-L.
        frames: Frames that make one output frame; 5 for REDS, 7 for Vimeo-90K.
        groups: Deformable groups.
        extract_blocks: Residual blocks that see each frame alone.
        reconstruct_blocks: Residual blocks after the fusion; 10 in EDVR-M, 40 in EDVR-L.
        tail_width: Channels at the final size, 64 in every published model; 0 makes all pixels by
            one convolution, which takes 1/50 of the work.
        has_tsa: Temporal and spatial attention fuse the frames; otherwise one convolution does.
        has_predeblur: The predeblur module comes first.
        is_hr_in: The input has the size of the output (deblurring, second stage); needs predeblur.
        center: Which of the frames is restored, from 0; None for the middle one.
        padding: Which frames stand in for those beyond the ends of a clip (`neighbours.py`);
            None for what BasicSR's test settings use: "replicate" with `has_predeblur`, else
            "reflection_circle".
    """

    channels: int = 64
    frames: int = 5
    groups: int = 8
    extract_blocks: int = 5
    reconstruct_blocks: int = 10
    tail_width: int = 64
    has_tsa: bool = True
    has_predeblur: bool = False
    is_hr_in: bool = False
    center: int | None = None
    padding: Padding | None = None

    @property
    def scale(self) -> int:
        """How many times larger the output is."""
        return 1 if self.is_hr_in else 4

    @property
    def before(self) -> int:
        """Frames of a window before the restored one."""
        return self.frames // 2 if self.center is None else self.center

    @property
    def after(self) -> int:
        """Frames of a window after the restored one."""
        return self.frames - 1 - self.before

    @property
    def chosen_padding(self) -> Padding:
        """What stands in for the frames beyond the ends of a clip."""
        return self.padding or ("replicate" if self.has_predeblur else "reflection_circle")
