"""Standard input and output as bytes; a process may have been started without them."""

from __future__ import annotations

import sys
from typing import BinaryIO

from vsfilter.errors import SinkError, SourceError


def standard_input() -> BinaryIO:
    """Give standard input.

    Raises:
        SourceError: It is closed.
    """
    if sys.stdin is None:
        raise SourceError("standard input is closed: give a file, or pipe something into it")
    return sys.stdin.buffer


def standard_output() -> BinaryIO:
    """Give standard output.

    Raises:
        SinkError: It is closed.
    """
    if sys.stdout is None:
        raise SinkError("standard output is closed: give a file, or pipe it into something")
    return sys.stdout.buffer
