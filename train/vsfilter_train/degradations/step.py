"""A degradation as it stands in a recipe."""

from __future__ import annotations

from dataclasses import dataclass, fields, replace
from typing import Any

import numpy as np

from vsfilter.errors import PluginError

from .degradation import Clip, Degradation, fit_to_input
from .setting_checks import check_number


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """A degradation, the name of its kind, and how often it happens.

    Attributes:
        kind: Name of the entry point.
        degrade: A dataclass with the settings.
        probability: How often it happens; else a clip passes unchanged.
    """

    kind: str
    degrade: Degradation
    probability: float = 1.0

    def __post_init__(self) -> None:
        """Refuse what is no probability."""
        check_number("probability", self.probability, least=0, most=1)

    def for_input(self, *, width: int, height: int) -> Step:
        """Tell the degradation the size of the model's input."""
        return replace(self, degrade=fit_to_input(self.degrade, width=width, height=height))

    def __call__(self, clip: Clip, random: np.random.Generator) -> Clip:
        """Degrade a clip, or not; see `Degradation`.

        Raises:
            PluginError: What came is no such clip.
        """
        if random.random() >= self.probability:
            return clip
        degraded = self.degrade(clip, random)
        if not _is_clip(degraded, frame_count=len(clip)):
            raise PluginError(
                f"degradation {self.kind!r} made {_describe(degraded)} of {_describe(clip)}: it "
                "must give float32 (t, h, w, 3) with the same t"
            )
        return degraded

    def as_dict(self) -> dict[str, Any]:  # Any: JSON values
        """Give the table of a recipe that says the same, with all its settings."""
        settings = {item.name: getattr(self.degrade, item.name) for item in fields(self.degrade)}  # type: ignore[arg-type]  # kinds are dataclasses: the recipe has checked it
        plain = {name: _plain(value) for name, value in settings.items() if value is not None}
        return {"kind": self.kind, "probability": self.probability, **plain}


def _plain(value: Any) -> Any:  # Any: a setting, as a JSON value
    if isinstance(value, Step):
        return value.as_dict()
    return [_plain(item) for item in value] if isinstance(value, tuple) else value


def _is_clip(value: object, *, frame_count: int) -> bool:
    if not isinstance(value, np.ndarray) or value.dtype != np.float32 or value.ndim != 4:
        return False
    return (value.shape[0], value.shape[3]) == (frame_count, 3)


def _describe(value: object) -> str:
    if isinstance(value, np.ndarray):
        return f"{value.dtype} {value.shape}"
    return f"a {type(value).__name__}"
