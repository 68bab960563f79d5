"""What decides how a clip is restored."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from fractions import Fraction
from pathlib import Path
from typing import Literal

from vsfilter.engine.ghost_guard import GUARD_WORDS
from vsfilter.engine.model_choice import QUALITY_WORDS
from vsfilter.engine.tiles import OVERLAP_PX
from vsfilter.errors import OptionError

MOST_THREADS = 1024
"""Beyond any processor's."""

CutWord = Literal["auto", "props", "off"]
CUT_WORDS: tuple[CutWord, ...] = ("auto", "props", "off")
Cuts = CutWord | tuple[int, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """What decides how a clip is restored, apart from the clip.

    Attributes:
        model: Name of a backend, "auto", or "name:weights".
        weights: A named set, a file, or None for the default.
        quality: "fast" or "good" for the model's set of that kind, "best" for the good one and the
            mean over the clip turned and mirrored in eight ways; with `weights`, "best" takes that
            mean of these.
        scale: How many times larger the result shall be; None for the scale of the weights. Where
            the model has another one, the front ends resize what it gives.
        core: Frames delivered by a window; None for the backend's default, or fewer for large
            clips and where memory is short.
        context: Frames read on each side of the core; None for the backend's default.
        blend: Frames over which neighbouring windows are crossfaded.
        device: "auto" or a torch device.
        precision: "auto", "fp32", "bf16" or "fp16".
        threads: Threads of the model on a CPU; None for what torch takes. Another number forms
            sums in another order, so the last bits of a result depend on it.
        tile: Side of the tiles in which large pictures are restored, in px; None for whole ones, or
            tiles where memory does not do for these.
        cuts: Where shots begin: found ("auto"), as the source says ("props"), nowhere ("off"), or
            these frame numbers.
        ghost_guard: Whether what appears or vanishes between frames is kept from leaving ghosts:
            where the model is known to need it ("auto"), always ("on"), never ("off").
        strength: Share of the model's result, in [0, 1]; the rest is bicubic.
        deterministic: Compute in fp32 with a fixed number of threads, so that the result does not
            depend on the number of cores.
        watchdog_s: Most time that the model may take for a window, in s; None for any.
        options: The backend's own options.
    """

    model: str = "auto"
    weights: str | Path | None = None
    quality: str = "fast"
    scale: Fraction | int | None = None
    core: int | None = None
    context: int | None = None
    blend: int = 0
    device: str = "auto"
    precision: str = "auto"
    threads: int | None = None
    tile: int | None = None
    cuts: Cuts = "auto"
    ghost_guard: str = "auto"
    strength: float = 1.0
    deterministic: bool = False
    watchdog_s: float | None = None
    options: Mapping[str, object] = field(default_factory=dict)

    def __post_init__(self) -> None:
        """Refuse values that cannot work with any model."""
        if self.scale is not None and self.scale <= 0:
            raise OptionError(f"scale is {self.scale}: give a number above 0")
        if not 0 <= self.strength <= 1:
            raise OptionError(f"strength is {self.strength}: give a number from 0 to 1")
        if self.threads is not None and not 1 <= self.threads <= MOST_THREADS:
            raise OptionError(f"threads is {self.threads}: give 1 to {MOST_THREADS}")
        if self.tile is not None and self.tile < 2 * OVERLAP_PX:
            raise OptionError(f"tile is {self.tile} px: give at least {2 * OVERLAP_PX}")
        if self.deterministic and self.precision not in ("auto", "fp32"):
            raise OptionError(
                f"precision is {self.precision!r}, but deterministic results are of fp32: leave "
                "one of them out"
            )
        if self.watchdog_s is not None and not self.watchdog_s > 0:
            raise OptionError(f"watchdog is {self.watchdog_s:g} s: give a time above 0")
        if not isinstance(self.cuts, tuple) and self.cuts not in CUT_WORDS:
            raise OptionError(f"cuts is {self.cuts!r}: give auto, props, off or frame numbers")
        _refuse_word("quality", self.quality, QUALITY_WORDS)
        _refuse_word("ghost_guard", self.ghost_guard, GUARD_WORDS)
        own = {"name", *(item.name for item in fields(self))}
        if mistaken := sorted(own & set(self.options)):
            raise OptionError(
                f"{mistaken[0]!r} is no option of a model but a setting of its own: give it as such"
            )


def _refuse_word(name: str, word: str, known: tuple[str, ...]) -> None:
    if word not in known:
        wanted = f"{', '.join(known[:-1])} or {known[-1]}"
        raise OptionError(f"{name} is {word!r}: give {wanted}")
