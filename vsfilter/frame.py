"""The picture that travels from a source to a sink.

Sources make `Frame`s, sinks take them, and `vsfilter.colour` turns them into RGB for a model and
back. Types of PyAV and VapourSynth stop at those borders.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    Plane = NDArray[np.uint8 | np.uint16 | np.float16 | np.float32]

Family = Literal["gray", "rgb", "yuv"]
FieldOrder = Literal["progressive", "top", "bottom"]
UNSPECIFIED = 2
"""Code of ITU-T H.273 for "not stated"; the same for matrix, primaries and transfer."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PixelFormat:
    """How samples are stored: planar, native byte order.

    Attributes:
        family: Planes are Y; R, G, B; or Y, U, V.
        bits: Bits a sample: 8 to 16 for integers, 16 or 32 for floats.
        is_float: Samples are IEEE floats, nominally in [0, 1] (chroma in [-0.5, 0.5]).
        subsampling_w: log2 of luma columns per chroma column (1 for 4:2:0 and 4:2:2).
        subsampling_h: log2 of luma rows per chroma row (1 for 4:2:0).
    """

    family: Family
    bits: int
    is_float: bool = False
    subsampling_w: int = 0
    subsampling_h: int = 0

    def __post_init__(self) -> None:
        """Refuse what neither VapourSynth nor zimg can hold."""
        allowed = (16, 32) if self.is_float else range(8, 17)
        if self.bits not in allowed:
            kind = "float" if self.is_float else "integer"
            raise ValueError(f"{self.bits}-bit {kind} samples are not supported")
        if self.family != "yuv" and (self.subsampling_w or self.subsampling_h):
            raise ValueError(f"{self.family} has no chroma to subsample")

    @property
    def plane_count(self) -> int:
        """Number of planes: 1 for gray, else 3."""
        return 1 if self.family == "gray" else 3

    @property
    def highest(self) -> int:
        """The highest value of a sample; of floats, the highest nominal one."""
        return 1 if self.is_float else (1 << self.bits) - 1

    @property
    def dtype(self) -> str:
        """Name of the numpy type that holds a sample."""
        if self.is_float:
            return f"float{self.bits}"
        return "uint8" if self.bits == 8 else "uint16"

    def plane_shape(self, plane: int, *, width: int, height: int) -> tuple[int, int]:
        """Give (rows, columns) of one plane; chroma of odd sizes is rounded up."""
        if plane == 0 or self.family != "yuv":
            return height, width
        return -(-height >> self.subsampling_h), -(-width >> self.subsampling_w)


@dataclass(frozen=True, slots=True, kw_only=True)
class Colour:
    """What the samples mean, in the codes of ITU-T H.273; None where the source does not say.

    Attributes:
        matrix: Matrix coefficients (0 RGB, 1 BT.709, 5 and 6 BT.601, 9 BT.2020).
        is_full_range: True for full (PC) range, False for limited (TV) range.
        primaries: Colour primaries.
        transfer: Transfer characteristics (16 PQ, 18 HLG).
        chroma_location: Siting of 4:2:0 chroma: 0 left, 1 centre, 2 top left, 3 top,
            4 bottom left, 5 bottom.
    """

    matrix: int | None = None
    is_full_range: bool | None = None
    primaries: int | None = None
    transfer: int | None = None
    chroma_location: int | None = None

    def resolved(self, format: PixelFormat, *, width: int, height: int) -> Colour:
        """Fill in what is not stated by the rule that players use.

        Up to 576 lines of less than 1280 px untagged video is BT.601 (525 lines up to 480, else
        625); what is larger is BT.709, also a film cropped to 1280x536. A larger picture that
        states BT.601's matrix alone, such as a JPEG, has BT.709's primaries. Both have one transfer
        (H.273's code 5 is a gamma of 2.8). YUV and gray are of limited range, RGB of full range.
        The upscaled output is tagged with the result: by its new size a player would guess another.

        Args:
            format: Format of the samples.
            width: Columns of the source picture, in px.
            height: Lines of the source picture, in px.
        """
        if format.family == "rgb":
            return replace(
                self,
                matrix=0,
                is_full_range=True if self.is_full_range is None else self.is_full_range,
                chroma_location=None,
            )
        is_hd = width >= 1280 or height > 576
        by_size = 1 if is_hd else (5 if height > 480 else 6)
        is_stated = self.matrix not in (None, UNSPECIFIED, 0)
        matrix = self.matrix if is_stated else by_size
        is_sd = matrix in (5, 6)
        primaries = (1 if is_hd else matrix) if is_sd or matrix == 1 else None
        transfer = 6 if is_sd else (1 if matrix == 1 else None)
        is_subsampled = format.subsampling_w or format.subsampling_h
        default_location = 0 if is_subsampled else None
        return Colour(
            matrix=matrix,
            is_full_range=bool(self.is_full_range),
            primaries=primaries if self.primaries in (None, UNSPECIFIED) else self.primaries,
            transfer=transfer if self.transfer in (None, UNSPECIFIED) else self.transfer,
            chroma_location=default_location
            if self.chroma_location is None
            else self.chroma_location,
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Frame:
    """One picture with its time.

    Attributes:
        planes: One (rows, columns) array a plane, in the order of the format's family.
        format: How the samples are stored.
        colour: What the samples mean, as the source states it.
        pts: Presentation time, in units of the clip's time base.
        duration: Time on screen in the same units; None where the source does not say.
        field_order: Which field comes first, when the picture is interlaced.
        is_cut: Whether a new shot begins here; None where the source does not say.
        alpha: How opaque each pixel is, (rows, columns) of the planes' type, from 0 to the
            highest value (1 for floats); None where all of them are.
        captions: Closed captions that belong to the frame: triplets of bytes (ATSC A/53 part 4).
    """

    planes: tuple[Plane, ...]
    format: PixelFormat
    colour: Colour
    pts: int
    duration: int | None = None
    field_order: FieldOrder = "progressive"
    is_cut: bool | None = None
    alpha: Plane | None = None
    captions: bytes | None = None

    def __post_init__(self) -> None:
        """Refuse planes that do not fit the format."""
        if len(self.planes) != self.format.plane_count:
            raise ValueError(
                f"a {self.format.family} frame has {self.format.plane_count} planes, "
                f"got {len(self.planes)}"
            )
        for index, plane in enumerate(self.planes):
            expected = self.format.plane_shape(index, width=self.width, height=self.height)
            if plane.shape != expected or plane.dtype != self.format.dtype:
                raise ValueError(
                    f"plane {index} is {plane.dtype} {plane.shape}, "
                    f"expected {self.format.dtype} {expected}"
                )
        alpha, first = self.alpha, self.planes[0]
        if alpha is not None and (alpha.shape != first.shape or alpha.dtype != first.dtype):
            raise ValueError(f"alpha is {alpha.dtype} {alpha.shape}, unlike the first plane")

    @property
    def is_opaque(self) -> bool:
        """Whether no pixel is transparent."""
        return self.alpha is None or bool(self.alpha.min() >= self.format.highest)

    @property
    def width(self) -> int:
        """Columns of the first plane, in px."""
        return int(self.planes[0].shape[1])

    @property
    def height(self) -> int:
        """Rows of the first plane, in px."""
        return int(self.planes[0].shape[0])

    def __repr__(self) -> str:
        """Show the shape and time, not the samples."""
        return (
            f"Frame({self.width}x{self.height} {self.format.family}{self.format.bits}, "
            f"pts={self.pts})"
        )
