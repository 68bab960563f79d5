"""The line that a user gets where Ray ends this process, as it does when its cluster is lost."""

from __future__ import annotations

import subprocess
import sys

LOST = "the cluster no longer answers: start it again, then the same command goes on"
_WATCHER = """
import socket, sys
host, port, text = sys.argv[1:]
if not sys.stdin.buffer.read():  # nobody said that all is well
    try:
        socket.create_connection((host, int(port)), timeout=2).close()
    except OSError:
        sys.stderr.write(text)
"""


class LastWords:
    """A process that outlives this one, and says why it ended where it could not.

    Ray's C++ parts end a process at once (exit code 1, nothing said) when they lose the store of
    pictures of their machine. No code of ours runs then.

    Args:
        address: Where the head of the cluster listens; when nobody does, it is lost.
    """

    def __init__(self, address: str) -> None:
        host, _, port = address.removeprefix("ray://").rpartition(":")
        call = [sys.executable, "-I", "-S", "-c", _WATCHER, host, port, f"error: {LOST}\n"]
        self._watcher = subprocess.Popen(  # of its own session: Ctrl-C is not for it
            call, stdin=subprocess.PIPE, stdout=subprocess.DEVNULL, start_new_session=True
        )

    def close(self) -> None:
        """Say that all is well, or that what is not has been said; safe to call twice."""
        if self._watcher.returncode is None:
            self._watcher.communicate(b"well")
