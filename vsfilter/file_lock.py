"""A lock on a file that the system takes away when the process ends, however it ends."""

from __future__ import annotations

import errno
import logging
import os
import sys
from pathlib import Path
from types import TracebackType
from typing import Self

if sys.platform == "win32":
    import msvcrt

    def _try_lock(descriptor: int) -> None:
        msvcrt.locking(descriptor, msvcrt.LK_NBLCK, 1)
else:
    import fcntl

    def _try_lock(descriptor: int) -> None:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)


_LOG = logging.getLogger(__name__)
_UNABLE = (errno.ENOLCK, errno.ENOSYS, errno.EOPNOTSUPP)
"""What file systems without locks say, such as some of networks."""


class FileLock:
    """A lock that one process can hold; where the file system has none, this is said.

    Args:
        path: The file that stands for it; it is created, and stays when the lock is given back.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self._descriptor = -1

    @property
    def is_held(self) -> bool:
        """Whether this object holds it."""
        return self._descriptor >= 0

    def take(self) -> None:
        """Take the lock.

        Raises:
            BlockingIOError: Another process holds it.
            OSError: The file cannot be created.
        """
        while not self._lock(self._path):
            pass  # the holder before has removed the file in the meantime

    def _lock(self, path: Path) -> bool:
        """Lock the file; tell whether it is still the one at the path."""
        descriptor = os.open(path, os.O_RDWR | os.O_CREAT, 0o666)
        try:
            _try_lock(descriptor)
            self._descriptor = descriptor
        except OSError as error:
            if error.errno in _UNABLE:
                _LOG.warning("'%s' cannot be locked there: start no second run of it", path)
                self._descriptor = descriptor
                return True
            os.close(descriptor)
            raise BlockingIOError(error.errno, "another process holds it", str(path)) from error
        except BaseException:  # Ctrl-C: it is not held, or it is
            if not self.is_held:
                os.close(descriptor)
            raise
        try:
            is_same = os.path.samestat(os.fstat(self._descriptor), path.stat())
        except FileNotFoundError:
            is_same = False
        if not is_same:
            self.release()
        return is_same

    def release(self) -> None:
        """Give the lock back; safe to call twice."""
        if self._descriptor >= 0:
            os.close(self._descriptor)
            self._descriptor = -1

    def __enter__(self) -> Self:
        """Take the lock."""
        self.take()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
        /,
    ) -> None:
        """Give it back."""
        self.release()
