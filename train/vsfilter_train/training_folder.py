"""Who may write into the folder of a training."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from vsfilter.errors import SinkError, SinkExistsError
from vsfilter.file_lock import FileLock

from . import processes
from .state import has_state, read_state

WEIGHTS = ("best.safetensors", "last.safetensors")
LOCK, MARK = "lock", "started_by"


def goes_on(out: Path) -> bool:
    """Tell whether `torchrun` has begun a training in a folder, and now starts its processes again.

    Raises:
        SinkExistsError: The folder holds another training, whose results would be replaced.
        WeightsError: It does, but its state is damaged.
    """
    folder = out / "state"
    if not has_state(folder):
        if found := [name for name in WEIGHTS if (out / name).exists()]:
            raise SinkExistsError(
                f"'{out}' holds weights of a training ({found[0]}): give another --out"
            )
        return False
    mark = folder / MARK
    is_own = mark.is_file() and mark.read_text(encoding="utf-8") == processes.starter()
    if processes.was_restarted() and is_own:
        return True
    steps = read_state(folder)["step"]
    raise SinkExistsError(
        f"'{out}' holds a training of {steps} steps: go on with --resume, or give another --out"
    )


@contextmanager
def reserved(out: Path) -> Iterator[None]:
    """Keep other trainings out of a folder; one that does not begin leaves nothing there.

    Raises:
        SinkError: Another one is under way there, or it cannot be written.
    """
    if processes.rank():
        yield
        return
    folder = out / "state"
    made = [each for each in (folder, out) if not each.exists()]
    lock = FileLock(folder / LOCK)
    try:
        folder.mkdir(parents=True, exist_ok=True)
        lock.take()
        (folder / MARK).write_text(processes.starter(), encoding="utf-8")
    except BlockingIOError as error:
        raise SinkError(
            f"a training is under way in '{out}': wait for its end, or give another --out"
        ) from error
    except OSError as error:
        raise SinkError(f"'{out}' cannot be written: {error.strerror or error}") from error
    try:
        yield
    finally:
        lock.release()
        if not has_state(folder):
            with suppress(OSError):  # of a folder that is not empty
                for name in (LOCK, MARK):
                    (folder / name).unlink()
                for each in made:
                    each.rmdir()
