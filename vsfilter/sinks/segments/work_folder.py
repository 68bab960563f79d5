"""The folder beside an output in which it comes about."""

from __future__ import annotations

import errno
import os
import stat
import sys
from contextlib import suppress
from pathlib import Path

from vsfilter.errors import SinkError
from vsfilter.file_lock import FileLock

_SEGMENT = ".segment"
_UNABLE = (errno.EINVAL, errno.ENOSYS, errno.ENOTSUP)
"""What file systems say that cannot sync folders, such as some of networks."""


class WorkFolder:
    """`out.mkv.part` beside `out.mkv`, held by one process at a time.

    Args:
        output: The output.
        keeps: Whether finished segments stay for a later run when this one ends early.

    Attributes:
        path: The folder.
        journal: The file of the journal.
        whole: Where the output lies until it gets its name.
        publishing: A file that is there while the output gets its name, or its files theirs.
        keeps: Whether finished segments stay.
    """

    def __init__(self, output: Path, *, keeps: bool = True) -> None:
        self.path = output.with_name(f"{output.name}.part")
        self.journal = self.path / "journal"
        self.whole = self.path / output.name
        self.publishing = self.path / "publishing"
        self.keeps = keeps
        self._output = output
        self._lock_file = self.path / "lock"
        self._lock = FileLock(self._lock_file)

    def take(self) -> None:
        """Make the folder, and hold it.

        Raises:
            SinkError: It cannot be made, another process holds it, or it leads elsewhere.
        """
        output = self._output
        try:
            self.path.mkdir(exist_ok=True)
            self._refuse_links()
            self._take_lock()
        except BlockingIOError as error:
            raise SinkError(
                f"output {str(output)!r} is being written by another run: wait for its end, or "
                "give another name"
            ) from error
        except OSError as error:
            raise SinkError(f"cannot write to {str(output.parent)!r}: {error.strerror}") from error

    def _take_lock(self) -> None:
        try:
            self._lock.take()
        except KeyboardInterrupt:
            with suppress(OSError):  # its file may be there already: who holds it can remove it
                self._lock.take()
            raise

    def _refuse_links(self) -> None:
        """Refuse a folder of somebody else's making, by which this run would write elsewhere.

        Raises:
            SinkError: It, or something in it, is a link; or something in it is no file.
        """
        for path in (self.path, *self.path.iterdir()):
            try:
                state = path.lstat()
            except FileNotFoundError:  # another run has just removed it
                continue
            is_own = path is self.path
            is_right = stat.S_ISDIR(state.st_mode) if is_own else stat.S_ISREG(state.st_mode)
            if not is_right or (not is_own and state.st_nlink > 1):
                raise SinkError(
                    f"{str(path)!r} is a link or no file, which vsfilter did not put there: look "
                    f"at {str(self.path)!r} and remove it"
                )

    def segment(self, index: int) -> Path:
        """Give the place of a finished segment."""
        return self.path / f"{index:06d}{_SEGMENT}"

    def remove_segments(self, *, kept: int) -> None:
        """Remove all but the first segments.

        Args:
            kept: How many segments stay.

        Raises:
            OSError: A file cannot be removed.
        """
        stays = {self.segment(index) for index in range(kept)}
        for path in self.path.glob(f"*{_SEGMENT}*"):
            if path not in stays:
                path.unlink()

    def publish(self) -> None:
        """Give the whole output its name.

        Raises:
            OSError: It cannot be renamed.
        """
        self.publishing.write_text(_stamp(self.whole), encoding="ascii")
        sync(self.publishing)
        self.whole.replace(self._output)
        sync(self._output.parent)

    @property
    def has_published(self) -> bool:
        """Whether a run was stopped after it gave the output its name, and before its end."""
        try:
            return self.publishing.read_text(encoding="ascii") == _stamp(self._output)
        except (OSError, ValueError):
            return False

    def leave(self) -> None:
        """Give the folder up; it stays only when its journal notes segments for a later run."""
        # its first line tells what segments are made from, each further one notes a segment
        if (
            self.keeps
            and self._lock.is_held
            and self.journal.exists()
            and (self.journal.read_bytes().count(b"\n") > 1)
        ):
            self.whole.unlink(missing_ok=True)
            self.release()
        else:
            self.remove()

    def remove(self) -> None:
        """Remove the folder with all that this package put there, and give the lock back.

        Where another process holds it, nothing is removed.
        """
        if not self._lock.is_held:
            with suppress(OSError):  # this process may have been stopped while it made the folder
                self.path.rmdir()
            return
        with suppress(OSError):  # what cannot be removed does no harm: a later run reuses it
            self.remove_segments(kept=0)
            self.whole.unlink(missing_ok=True)
            self.publishing.unlink(missing_ok=True)
            self.journal.unlink(missing_ok=True)
        if sys.platform == "win32":  # where an open file cannot be removed
            self.release()
        with suppress(OSError):
            self._lock_file.unlink()
        self.release()  # before the folder goes: on NFS a file that is open stays in it
        with suppress(OSError):
            self.path.rmdir()

    def release(self) -> None:
        """Let other processes have it; safe to call twice."""
        self._lock.release()


def _stamp(path: Path) -> str:
    """Tell a file from others, whatever its name is."""
    stat = path.stat()
    return f"{stat.st_size} {stat.st_mtime_ns}"


def sync(path: Path) -> None:
    """Wait until the disk has a file, or the names in a folder.

    Raises:
        OSError: The disk is full or broken.
    """
    if path.is_dir() and sys.platform == "win32":
        return  # folders cannot be opened there, and names are written at once
    is_folder = path.is_dir()
    descriptor = os.open(path, os.O_RDONLY if is_folder else os.O_RDWR)
    try:
        os.fsync(descriptor)
    except OSError as error:
        if not is_folder or error.errno not in _UNABLE:
            raise
    finally:
        os.close(descriptor)
