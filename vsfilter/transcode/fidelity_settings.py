"""What a user may ask about how true an output is to its input."""

from __future__ import annotations

from dataclasses import dataclass

from vsfilter.errors import OptionError

ROTATE_WORDS = ("keep", "apply")


@dataclass(frozen=True, slots=True, kw_only=True)
class FidelitySettings:
    """How true the output is to the input.

    Attributes:
        rotate: Whether the rotation that the input states is stated again ("keep"), or the
            pixels themselves are turned ("apply").
        strict: Whether an output that would lack anything of the input is refused before any work.
    """

    rotate: str = "keep"
    strict: bool = False

    def __post_init__(self) -> None:
        """Refuse unknown words."""
        if self.rotate not in ROTATE_WORDS:
            raise OptionError(f"rotate is {self.rotate!r}: give {' or '.join(ROTATE_WORDS)}")


AS_IT_IS = FidelitySettings()
"""Pixels stay as they lie, and what is lost is said."""
