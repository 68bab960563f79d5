"""A real Ray cluster of this machine, shared by the tests of a file: it takes seconds to start."""

import os
import sys
import warnings
from pathlib import Path

import pytest

from vsfilter.cluster.quiet_ray import import_ray

ROOT = Path(__file__).parents[2]
TOKEN = "ab" * 32


@pytest.fixture(scope="module")
def told(tmp_path_factory):
    """Install the model that files can tell what to do, here and in processes to come.

    Not for the session: other tests count what is installed.
    """
    folder = tmp_path_factory.mktemp("plugins")
    metadata = folder / "told-1.0.dist-info"
    metadata.mkdir()
    (metadata / "METADATA").write_text("Metadata-Version: 2.1\nName: told\nVersion: 1.0\n")
    (metadata / "entry_points.txt").write_text("[vsfilter]\ntold = tests.cluster_models\n")
    with pytest.MonkeyPatch.context() as patch:
        patch.syspath_prepend(folder)
        patch.setenv("PYTHONPATH", os.pathsep.join([str(folder), str(ROOT)]))
        yield


class OwnCluster:
    """A head with room for two workers; what it is made of can be killed.

    Args:
        room: Workers of one thread that it has room for.
        ports: Where it listens, by Ray's names; Ray chooses the others.
    """

    def __init__(self, room=2, **ports):
        import_ray()
        from ray.cluster_utils import Cluster

        head = {"num_cpus": room, "include_dashboard": False, "no_monitor": True, **ports}
        self._cluster = Cluster()
        for is_last in (False, False, True):  # Ray gives a start 30 s, which a busy machine exceeds
            try:
                with warnings.catch_warnings():  # it lets go of the log of its client server
                    warnings.simplefilter("ignore", ResourceWarning)
                    self._cluster.add_node(**head)
                break
            except Exception:
                if is_last:
                    raise
        self.address = self._cluster.address

    def kill(self):
        for processes in list(self._cluster.head_node.all_processes.values()):
            for each in processes:
                each.process.kill()
                each.process.wait()

    def close(self):
        self._cluster.shutdown()


@pytest.fixture(scope="session")
def ray_token():
    """Keep clusters of the tests to themselves: Ray reads this on import."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("RAY_AUTH_MODE", "token")
        patch.setenv("RAY_AUTH_TOKEN", TOKEN)
        patch.setenv("RAY_USAGE_STATS_ENABLED", "0")
        # Ray's client server forks while gRPC is at work, and now and then its child does not begin
        # (github.com/ray-project/ray/issues/63202)
        patch.setenv("GRPC_ENABLE_FORK_SUPPORT", "0")
        assert "ray" not in sys.modules
        yield


@pytest.fixture(scope="module")
def cluster(ray_token, told):
    cluster = OwnCluster()
    yield cluster
    cluster.close()
