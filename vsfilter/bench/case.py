"""What is measured, and what comes of it. No torch here: the table is made without it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from vsfilter.errors import OptionError


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    """One measurement.

    Attributes:
        model: Name of a backend.
        weights: A named set or a file. None takes the backend's default; where there is none, the
            network is untrained.
        network: Options of an untrained network, which is as fast as a trained one: `{}` for the
            size of its paper. None for the weights.
        width: Columns of the input, in px.
        height: Rows of the input, in px.
        device: "auto" or a torch device.
        precision: "auto", "fp32", "bf16" or "fp16".
        frames: Frames that the window delivers; None for what a clip of this size gets.
    """

    model: str
    weights: str | None = None
    width: int = 320
    height: int = 180
    device: str = "auto"
    precision: str = "auto"
    frames: int | None = None
    network: Mapping[str, Any] | None = None  # Any: JSON values

    def __post_init__(self) -> None:
        """Refuse what has no pixels or no frames."""
        if min(self.width, self.height) < 1:
            raise OptionError(f"size is {self.width}x{self.height}: give at least 1x1")
        if self.frames is not None and self.frames < 1:
            raise OptionError(f"frames is {self.frames}: give at least 1")
        if self.network is not None and self.weights is not None:
            raise OptionError(f"weights are {self.weights!r}: an untrained network takes none")


@dataclass(frozen=True, slots=True, kw_only=True)
class Result:
    """What a case gave. What is measured is run in turn, in up to three rounds.

    Attributes:
        model: Name of the backend.
        weights: The set, "untrained" with the network's options, or None where the model needs
            none.
        scale: How many times larger the output is.
        width: Columns of the input, in px.
        height: Rows of the input, in px.
        device: The torch device.
        precision: The lowest precision inside.
        core: Frames that the window delivered.
        context: Frames read on each side of them.
        fps: Delivered frames per second in the best round, context included in the work.
        gflop_per_frame: Work for a delivered frame, by torch's counter: convolutions and matrix
            products, a multiplication and an addition being two.
        context_cost: That, divided by the work without any context.
        peak_gflops: What a large matrix product reaches in this precision in its best round, in
            GFLOP/s.
        share_of_peak: The model's GFLOP/s as a share of the product's, the median of the rounds.
        memory_mb: Peak memory: of the process on a CPU (None where the system does not tell), of
            torch on a GPU.
        plain_fps: The same weights as published code runs them: eager float32 without a memory
            format, the whole clip at once, or one call a frame for a sliding window. None
            where the model shows no network.
        ratio: How many times faster that is than the plain network, the median of the rounds.
        psnr_to_plain: How near the pictures are to those, in dB; None where they are equal.
    """

    model: str
    weights: str | None
    scale: int
    width: int
    height: int
    device: str
    precision: str
    core: int
    context: int
    fps: float
    gflop_per_frame: float
    context_cost: float
    peak_gflops: float
    share_of_peak: float
    memory_mb: float | None
    plain_fps: float | None
    ratio: float | None
    psnr_to_plain: float | None
