"""Where workers are: how many on this machine, or at which cluster."""

from __future__ import annotations

from dataclasses import dataclass

from vsfilter.errors import OptionError


@dataclass(frozen=True, slots=True, kw_only=True)
class WorkerPlace:
    """Where workers are.

    Attributes:
        count: How many processes of this machine; None for a cluster.
        address: A Ray cluster: "auto", "host:port" or "ray://host:port"; None for this machine.
    """

    count: int | None = None
    address: str | None = None

    def __str__(self) -> str:
        """Say it in the words of the command line."""
        return str(self.address or self.count)


def parse_workers(text: str) -> WorkerPlace:
    """Read --workers.

    Raises:
        OptionError: The text is neither a number from 1 nor an address.
    """
    if text.isdecimal() and int(text) > 0:
        return WorkerPlace(count=int(text))
    host, _, port = text.removeprefix("ray://").rpartition(":")
    if text == "auto" or (host and port.isdecimal()):
        return WorkerPlace(address=text)
    raise OptionError(
        f"workers is {text!r}: give a number of processes from 1, or a Ray cluster: auto, "
        "HOST:PORT or ray://HOST:PORT"
    )
