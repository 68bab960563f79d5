"""What is finished at the end of a `with` block, or given up where the block failed."""

from __future__ import annotations

from abc import ABC, abstractmethod
from types import TracebackType
from typing import Self


class Finishing(ABC):
    """Gives itself to a `with` block; its end decides what becomes of the output."""

    @abstractmethod
    def finish(self) -> None:
        """Make the output whole."""

    @abstractmethod
    def abort(self) -> None:
        """Stop."""

    def __enter__(self) -> Self:
        """Return the sink itself."""
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        """Finish, or stop when the block failed."""
        if kind is None:
            self.finish()
        else:
            self.abort()
