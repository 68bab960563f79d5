"""`vsr-transcode --workers` as its user runs it, stopped in every way."""

import os
import signal
import sys
from pathlib import Path

import pytest

from tests.cluster.conftest import OwnCluster
from tests.cluster.test_workers import until
from tests.ready_process import PROCESSES, run_with_streams
from tests.resume_runs import frames_of, make_film
from vsfilter.cluster.ray_session import RaySession
from vsfilter.cluster.worker_place import WorkerPlace, parse_workers
from vsfilter.errors import OptionError, WorkerError

COMMAND = "vsfilter.cli.transcode:run"


class Command:
    """vsr-transcode in a process of its own that can be stopped."""

    def __init__(self, folder, *arguments):
        self.paths = [folder / name for name in ("in", "out", "err")]
        for path in self.paths:
            path.write_bytes(b"")
        call = ["vsr-transcode", *map(str, arguments)]
        self._process = PROCESSES.Process(
            target=_run_interruptible, args=(COMMAND, call, self.paths, folder)
        )
        self._process.start()

    def stop(self, number):
        os.kill(self._process.pid, number)
        return self.end()

    def end(self):
        """Wait for the end; give the exit code and the lines on stderr."""
        self._process.join()
        assert self.paths[1].read_bytes() == b""
        return self._process.exitcode, self.paths[2].read_text().splitlines()


def _run_interruptible(*arguments):
    # a shell that starts the tests in the background makes their children ignore SIGINT
    signal.signal(signal.SIGINT, signal.default_int_handler)
    run_with_streams(*arguments)


def processes_with(word):
    """Give the processes whose command line has a word."""
    found = []
    for path in Path("/proc").glob("[0-9]*/cmdline"):
        try:
            text = path.read_bytes()
        except OSError:  # it has just ended
            continue
        if word.encode() in text:
            found.append(path)
    return found


@pytest.fixture
def film(tmp_path):
    return make_film(tmp_path / "film.mkv")


@pytest.mark.soak
def test_a_run_goes_on_after_an_interrupt_a_kill_and_the_loss_of_the_cluster(
    cluster, film, tmp_path, monkeypatch
):
    folder = tmp_path / "told"
    folder.mkdir()
    options = ["--model", "told", "--option", f"folder={folder}", "--precision", "fp32"]
    options += ["--threads", 1, "--codec", "ffv1", "--segment", 3, "--quiet"]
    whole, out = tmp_path / "whole.mkv", tmp_path / "out.mkv"
    assert Command(tmp_path, film, whole, *options).end() == (0, [])
    journal = tmp_path / "out.mkv.part" / "journal"
    (folder / "slow").touch()

    def begin(workers):
        """Begin, and wait until there is something that this run has made."""
        before = len(journal.read_bytes()) if journal.exists() else 0
        command = Command(tmp_path, film, out, *options, "--workers", workers)
        until(lambda: journal.exists() and len(journal.read_bytes()) > before + 400)
        return command

    with monkeypatch.context() as patch:
        patch.delenv("RAY_AUTH_TOKEN")
        patch.delenv("RAY_AUTH_MODE")
        command = begin(1)
        assert processes_with("/tmp/vsfilter-")
        code, lines = command.stop(signal.SIGINT)
    assert code == 130
    assert lines[-1].startswith("interrupted: ")
    until(lambda: not processes_with("/tmp/vsfilter-"))

    (folder / "die").touch()  # Ray has much to say then, none of which may go to stdout
    assert begin(cluster.address).stop(signal.SIGKILL)[0] == -signal.SIGKILL

    command = begin(cluster.address)
    port = int(cluster.address.rpartition(":")[2])
    cluster.kill()
    assert command.end()[0] == 1
    # said by the command, or after its end, where Ray is faster and ends it
    until(lambda: "error: " in command.paths[2].read_text())
    errors = [line for line in command.end()[1] if line.startswith("error: ")]
    assert errors == [
        "error: the cluster no longer answers: start it again, then the same command goes on"
    ]

    (folder / "slow").unlink()
    again = OwnCluster(port)
    try:
        code, lines = Command(tmp_path, film, out, *options, "--workers", again.address).end()
    finally:
        again.close()
    assert (code, lines) == (0, [])
    assert frames_of(out) == frames_of(whole)
    assert not journal.parent.exists()


@pytest.mark.parametrize("text", ["0", "-1", "two", "host", "host:", ":1", "ray://host", "1.5"])
def test_workers_are_a_number_or_an_address(text):
    with pytest.raises(OptionError, match="workers is"):
        parse_workers(text)


def test_addresses_of_clusters_are_those_of_ray():
    for text in ("auto", "10.0.0.1:6379", "ray://head:10001"):
        assert parse_workers(text) == WorkerPlace(address=text)
    assert parse_workers("3") == WorkerPlace(count=3)


def test_without_ray_one_line_says_how_to_get_it(monkeypatch):
    monkeypatch.setitem(sys.modules, "ray", None)
    with pytest.raises(OptionError, match=r"pip install 'vsfilter\[ray\]'"):
        RaySession(WorkerPlace(count=2), device="auto", threads=1)


@pytest.mark.parametrize("address", ["127.0.0.1:9", "ray://127.0.0.1:9"])
def test_a_cluster_that_is_not_there_is_said_at_once(address, monkeypatch):
    with pytest.raises(WorkerError, match=f"no Ray cluster can be reached at '{address}'"):
        RaySession(WorkerPlace(address=address), device="auto", threads=1)
