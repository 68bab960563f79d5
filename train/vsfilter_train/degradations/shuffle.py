"""Degradations in a random order."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from vsfilter.errors import OptionError

from .degradation import Clip, Degradation, fit_to_input


@dataclass(frozen=True, slots=True, kw_only=True)
class Shuffle:
    """Applies groups of degradations in a random order; inside a group the order is kept.

    Attributes:
        groups: The groups, each with at least one degradation.
    """

    groups: tuple[tuple[Degradation, ...], ...]

    def __post_init__(self) -> None:
        """Refuse groups that hold nothing."""
        if not self.groups or not all(self.groups):
            raise OptionError("groups is empty, or one of them is: give degradations")

    def for_input(self, *, width: int, height: int) -> Shuffle:
        """Hand the size of the model's input on."""
        groups = tuple(
            tuple(fit_to_input(item, width=width, height=height) for item in group)
            for group in self.groups
        )
        return replace(self, groups=groups)

    def __call__(self, clip: Clip, random: np.random.Generator) -> Clip:
        """Degrade a clip; see `Degradation`."""
        for index in random.permutation(len(self.groups)):
            for degrade in self.groups[index]:
                clip = degrade(clip, random)
        return clip
