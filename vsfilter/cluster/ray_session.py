"""A cluster of Ray: this command's own, or one that is there."""

from __future__ import annotations

import logging
import os
import shutil
import signal
import socket
import sys
import tempfile
import threading
from concurrent.futures import Future
from pathlib import Path
from typing import Any

from vsfilter.cluster.last_words import LastWords
from vsfilter.cluster.quiet_ray import import_ray, keep_to_ourselves
from vsfilter.cluster.resources import share_out
from vsfilter.cluster.start_log import BadStarts, read_bad_starts
from vsfilter.cluster.worker import Worker
from vsfilter.cluster.worker_place import WorkerPlace
from vsfilter.errors import WorkerError

_PROBE_S, _SAID = 2.0, 300


class RaySession:
    """A connection to Ray; one cluster of our own ends with it.

    Args:
        place: Where the workers are.
        device: What the user wants to compute on: "auto", "cpu", "cuda".
        threads: Threads of a worker's model on a CPU.

    Attributes:
        share: How many workers there shall be, and what each gets.

    Raises:
        WorkerError: Ray cannot be started or reached, or has nothing to compute with.
        OptionError: Ray is not installed, or there are fewer GPUs than workers.
        DeviceError: There is no such device.
    """

    def __init__(self, place: WorkerPlace, *, device: str, threads: int) -> None:
        self._place = place
        if place.address is None and "ray" not in sys.modules:
            keep_to_ourselves()
        self._ray = import_ray()
        self._folder: str | None = None
        self._last_words: LastWords | None = None
        if self._ray.is_initialized():
            raise WorkerError("this process uses Ray already: end that with ray.shutdown() first")
        terminated = signal.getsignal(signal.SIGTERM)  # which Ray takes for itself
        try:
            self._connect()
            self._probed = self._head()
            if place.address is not None:
                self._last_words = LastWords(self._probed)
            nodes = [node["Resources"] for node in self._ray.nodes() if node["Alive"]]
            self.share = share_out(nodes, place, device=device, threads=threads)
        except BaseException:
            self.close()
            raise
        finally:
            if threading.current_thread() is threading.main_thread():
                signal.signal(signal.SIGTERM, terminated)
        # a worker that dies is replaced by us: Ray would send its window to the new one for ever
        limits = {"max_restarts": 0, "max_task_retries": 0}
        self._class = self._ray.remote(**limits, **self.share.each)(Worker)

    def _connect(self) -> None:
        quiet = {
            "log_to_driver": False,
            "configure_logging": False,
            "logging_level": logging.ERROR,
        }
        try:
            if self._place.address is not None:
                is_auto = self._place.address == "auto"
                _knock(os.environ.get("RAY_ADDRESS", "") if is_auto else self._place.address)
                self._ray.init(address=self._place.address, **quiet)
                return
            # a short path: the names of sockets, which lie in it, have 107 characters at most
            short = "/tmp" if Path("/tmp").is_dir() else None
            self._folder = tempfile.mkdtemp(prefix="vsfilter-", dir=short)
            self._ray.init(
                address="local",
                num_cpus=self._place.count,
                include_dashboard=False,
                _temp_dir=self._folder,
                # else this call waits for workers' processes, for ever where none begins
                _system_config={"prestart_worker_first_driver": False},
                **quiet,
            )
        except Exception as error:  # Ray raises many kinds
            raise WorkerError(f"{self._words()}: {_in_a_line(error)}") from error

    def _words(self) -> str:
        if self._place.address is None:
            return "Ray does not start on this machine"
        return (
            f"no Ray cluster can be reached at {self._place.address!r} (start one with ray start "
            "--head, with the same versions of Ray and Python)"
        )

    def _head(self) -> str:
        """Give the address whose silence means that the cluster is gone."""
        address = self._place.address or ""
        if not address.startswith("ray://"):
            address = str(self._ray.get_runtime_context().gcs_address)
        return address

    def hire(self) -> Any:  # Any: Ray's handles have no useful type
        """Begin a worker in a process of its own; give Ray's handle of it."""
        return self._class.remote()

    def dismiss(self, actor: Any) -> None:  # Any: as above
        """End a worker."""
        self._ray.kill(actor)

    def store(self, value: object) -> Any:  # Any: as above
        """Put a value where every worker can read it; it goes when the reference does."""
        return self._ray.put(value)

    def call(self, method: Any, *arguments: object) -> Future[Any]:  # Any: what the method gives
        """Call a worker's method; it is carried out after those that were called before."""
        future: Future[Any] = method.remote(*arguments).future()
        return future

    def is_death(self, error: BaseException) -> bool:
        """Tell whether an error means that a worker or its result is gone, not that it objects."""
        errors = self._ray.exceptions
        lost = (
            errors.RayActorError,
            errors.ObjectLostError,
            errors.OutOfMemoryError,  # Ray itself ends processes when memory is short
            errors.WorkerCrashedError,
            errors.NodeDiedError,
            ConnectionError,
        )
        return isinstance(error, lost)

    def cause(self, error: BaseException) -> BaseException:
        """Give the error that a worker raised, without Ray's wrapping."""
        if isinstance(error, self._ray.exceptions.RayTaskError):
            cause: BaseException = error.cause
            return cause
        return error

    def answers(self) -> bool:
        """Tell whether the head of the cluster still listens."""
        try:
            _knock(self._probed)
        except OSError:
            return False
        return True

    def bad_starts(self) -> BadStarts:
        """Tell of worker processes that did not begin; of a foreign cluster nothing is known."""
        return read_bad_starts(Path(self._folder)) if self._folder else BadStarts(0, "")

    def close(self) -> None:
        """End the workers, and the cluster where it is ours; safe to call twice."""
        self._ray.shutdown()
        if self._last_words is not None:
            self._last_words.close()
        if self._folder is not None:
            shutil.rmtree(self._folder, ignore_errors=True)
            self._folder = None


def _knock(address: str) -> None:
    """Find out whether anybody listens at an address; Ray would try for minutes, and say so.

    Raises:
        OSError: Nobody does.
    """
    host, _, port = address.removeprefix("ray://").rpartition(":")
    if host:
        socket.create_connection((host, int(port)), timeout=_PROBE_S).close()


def _in_a_line(error: BaseException) -> str:
    """Give what Ray says without its lines of advice, which may be many."""
    return " ".join(str(error).split())[:_SAID] or type(error).__name__
