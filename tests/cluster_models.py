"""A model that does what files in a folder tell it: for tests of workers that die or hang."""

from __future__ import annotations

import os
import signal
import time
from pathlib import Path

from vsfilter.engine import memory
from vsfilter.plugin import Backend, hookimpl

CGROUP = memory._CGROUP


class Told:
    """Repeats pixels twice; the files of a folder say what happens meanwhile.

    `die` kills one worker, `stuck` holds one up until `release` is there; whoever removes such a
    file obeys it. `poison` kills every worker that is to deliver a frame of that brightness. `hold`
    stops all work after that many calls, for as long as the file is there. `odd`, when the model is
    loaded, makes it another one than a worker has that was ready before. `container` is a folder as
    Linux has it for a container, whose memory is this process's from then on.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.scale = 2
        container = folder / "container"
        memory._CGROUP = container if container.is_dir() else CGROUP
        if (folder / "ready").exists() and self.is_told("odd"):
            self.scale = 1
        (folder / "ready").touch()

    def is_told(self, word):
        try:
            (self.folder / word).unlink()
        except FileNotFoundError:
            return False
        return True

    def wait_for(self, word):
        while not (self.folder / word).exists():
            time.sleep(0.02)

    def restore(self, frames, keep=slice(None)):
        kept = frames[keep]
        with (self.folder / "calls").open("a") as file:
            file.write(f"{os.getpid()} {brightness(kept[0])}\n")
        if self.is_told("die") or any(self.is_poison(frame) for frame in kept):
            os.kill(os.getpid(), signal.SIGKILL)
        if self.is_told("stuck"):
            self.wait_for("release")
        while self.is_held():
            time.sleep(0.02)
        return kept.repeat_interleave(2, dim=-1).repeat_interleave(2, dim=-2)

    def is_held(self):
        try:
            most = int((self.folder / "hold").read_text() or 0)
        except FileNotFoundError:
            return False
        return count_calls(self.folder) > most

    def is_poison(self, frame):
        poison = self.folder / "poison"
        return poison.exists() and brightness(frame) == int(poison.read_text())


def count_calls(folder):
    """Tell how many windows the models of a folder have been given."""
    calls = folder / "calls"
    return calls.read_text().count("\n") if calls.exists() else 0


def brightness(frame):
    """Give the mean of a frame, in millionths."""
    return round(float(frame.mean()) * 1_000_000)


@hookimpl
def vsfilter_backends():
    def load(weights, *, device, precision, folder):
        return Told(Path(folder))

    return [
        Backend(
            name="told",
            summary="fake",
            scales=(1, 2),
            core=3,
            context=1,
            load=load,
            needs_weights=False,
        )
    ]
