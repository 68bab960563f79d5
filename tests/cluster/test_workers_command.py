"""`vsr-transcode --workers` as its user runs it, stopped in every way."""

import faulthandler
import os
import signal
import socket
import sys
from pathlib import Path

import pytest

from tests.cluster.conftest import OwnCluster
from tests.cluster.test_workers import until
from tests.cluster_models import count_calls
from tests.ready_process import PROCESSES, run_with_streams
from tests.resume_runs import frames_of, make_film
from vsfilter.cluster.ray_session import RaySession
from vsfilter.cluster.worker_place import WorkerPlace, parse_workers
from vsfilter.errors import OptionError, WorkerError

COMMAND = "vsfilter.cli.transcode:run"
_HANG_S = 240


class Command:
    """vsr-transcode in a process of its own that can be stopped."""

    def __init__(self, folder, *arguments):
        self.paths = [folder / name for name in ("in", "out", "err")]
        for path in self.paths:
            path.write_bytes(b"")
        call = ["vsr-transcode", *map(str, arguments)]
        self._process = PROCESSES.Process(
            target=_run_interruptible, args=(dict(os.environ), COMMAND, call, self.paths, folder)
        )
        self._process.start()

    def wait_until(self, is_so):
        """Wait for something that this run does before it ends."""
        while not is_so():
            assert self._process.is_alive(), self.paths[2].read_text()
            self._process.join(0.05)

    def stop(self, number):
        os.kill(self._process.pid, number)
        return self.end()

    def end(self):
        """Wait for the end; give the exit code and the lines on stderr."""
        self._process.join(_HANG_S)
        if self._process.is_alive():
            os.kill(self._process.pid, signal.SIGUSR1)  # it says where it hangs
            self._process.join(1)
            self._process.kill()
            self._process.join()
            pytest.fail(f"it hangs:\n{self.paths[2].read_text()}")
        assert self.paths[1].read_bytes() == b""
        return self._process.exitcode, self.paths[2].read_text().splitlines()


def _run_interruptible(environment, *arguments):
    os.environ.clear()  # that of the time when the server of processes was begun
    os.environ.update(environment)
    # a shell that starts the tests in the background makes their children ignore SIGINT
    signal.signal(signal.SIGINT, signal.default_int_handler)
    faulthandler.register(signal.SIGUSR1, file=2)
    run_with_streams(*arguments)


def free_port():
    """Give a port that nobody listens at."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        return server.getsockname()[1]


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


class Runs:
    """Runs of one film into one output, by a model that stops when it is told to."""

    def __init__(self, folder):
        self._folder = folder
        self._told = folder / "told"
        self._told.mkdir()
        self._film = make_film(folder / "film.mkv")
        self.out = folder / "out.mkv"
        self.journal = folder / "out.mkv.part" / "journal"

    def command(self, out, *more):
        options = ["--model", "told", "--option", f"folder={self._told}", "--precision", "fp32"]
        options += ["--threads", 1, "--codec", "ffv1", "--segment", 3, "--quiet"]
        return Command(self._folder, self._film, out, *options, *more)

    def whole(self, *more):
        """Give the frames of a run that nothing stops."""
        out = self._folder / f"whole{len(more)}.mkv"
        assert self.command(out, *more).end() == (0, [])
        return frames_of(out)

    def begin(self, workers, *words):
        """Begin a run that stops in its middle, and wait until it has done something.

        Args:
            workers: What `--workers` says.
            *words: What the model is told.
        """
        before = self._noted()
        (self._told / "hold").write_text(str(count_calls(self._told) + 7))
        for word in words:
            (self._told / word).touch()
        command = self.command(self.out, "--workers", workers)
        command.wait_until(lambda: self._noted() > before + 400)
        return command

    def go_on(self, *more):
        """Run to the end."""
        (self._told / "hold").unlink(missing_ok=True)
        assert self.command(self.out, *more).end() == (0, [])
        assert not self.journal.parent.exists()
        return frames_of(self.out)

    def _noted(self):
        return len(self.journal.read_bytes()) if self.journal.exists() else 0


@pytest.fixture
def runs(told, tmp_path):
    return Runs(tmp_path)


@pytest.mark.soak
def test_a_run_goes_on_after_a_kill_and_the_loss_of_the_cluster(ray_token, runs):
    whole = runs.whole()
    cluster = OwnCluster(room=1)
    try:
        port = int(cluster.address.rpartition(":")[2])

        # Ray has much to say about a worker that dies, none of which may go to stdout
        killed = runs.begin(cluster.address, "die")
        assert killed.stop(signal.SIGKILL)[0] == -signal.SIGKILL

        command = runs.begin(cluster.address)
        cluster.kill()
        assert command.end()[0] == 1
        # said by the command, or after its end, where Ray is faster and ends it
        until(lambda: "error: " in command.paths[2].read_text())
        errors = [line for line in command.end()[1] if line.startswith("error: ")]
        assert errors == [
            "error: the cluster no longer answers: start it again, then the same command goes on"
        ]
    finally:
        cluster.close()
    again = OwnCluster(room=1, gcs_server_port=port)
    try:
        assert runs.go_on("--workers", again.address) == whole
    finally:
        again.close()


@pytest.mark.soak
def test_a_cluster_is_used_through_its_client_server_too(ray_token, runs):
    port = free_port()
    cluster = OwnCluster(room=1, ray_client_server_port=port)
    try:
        assert runs.whole("--workers", f"ray://127.0.0.1:{port}") == runs.whole()
    finally:
        cluster.close()


def test_a_run_that_is_interrupted_leaves_no_cluster_and_goes_on_without_workers(runs, monkeypatch):
    for name in ("RAY_AUTH_TOKEN", "RAY_AUTH_MODE"):
        monkeypatch.delenv(name, raising=False)
    whole = runs.whole()
    others = processes_with("/tmp/vsfilter-")
    code, lines = runs.begin(1).stop(signal.SIGINT)
    assert code == 130
    assert lines[-1].startswith("interrupted: ")
    until(lambda: set(processes_with("/tmp/vsfilter-")) <= set(others))
    assert runs.go_on() == whole


def test_processes_of_workers_that_do_not_begin_end_the_run(runs, tmp_path, monkeypatch):
    broken = tmp_path / "broken"
    broken.mkdir()
    (broken / "sitecustomize.py").write_text(
        "import os, sys\n"
        "if any('default_worker' in each for each in sys.orig_argv):\n"
        "    sys.stderr.write('ImportError: libc10.so is damaged\\n')\n"
        "    sys.stderr.flush()\n"
        "    os._exit(3)\n"
    )
    paths = [str(broken), os.environ["PYTHONPATH"]]
    monkeypatch.setenv("PYTHONPATH", os.pathsep.join(paths))
    monkeypatch.setenv("RAY_worker_register_timeout_seconds", "2")

    code, lines = runs.command(runs.out, "--workers", 2).end()

    assert code == 1
    assert lines[-1] == (
        "error: the process of a worker ends before it works: ImportError: libc10.so is damaged"
    )
    assert not runs.out.exists()


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


@pytest.mark.parametrize(
    "name",
    [
        "ActorDiedError",
        "ObjectLostError",
        "OutOfMemoryError",
        "NodeDiedError",
        "WorkerCrashedError",
    ],
)
def test_what_ends_a_worker_is_told_from_what_it_objects_to(name):
    exceptions = pytest.importorskip("ray.exceptions")
    session = RaySession.__new__(RaySession)
    session._ray = sys.modules["ray"]
    kind = getattr(exceptions, name)
    assert session.is_death(kind.__new__(kind))
    assert not session.is_death(ValueError("wrong"))
