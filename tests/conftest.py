import logging
import os
from pathlib import Path

# before torch is imported, here and in the processes that tests start: for tensors as small as the
# tests' several threads only wait for each other (measured beside another run: 10 times slower)
os.environ.setdefault("OMP_NUM_THREADS", "1")

import pytest  # it must not come before the line above
from hypothesis import settings

from tests.small_models import save_basicvsr
from tests.wheels import build_wheel

# no deadline: how long an example takes says nothing on a machine that others use too
settings.register_profile("vsfilter", deadline=None)
settings.load_profile("vsfilter")


@pytest.fixture(scope="session", autouse=True)
def weights_folder(tmp_path_factory):
    """Keep the weights of whoever runs the tests out of them, in the processes they start too."""
    folder = tmp_path_factory.mktemp("weights-folder")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("VSFILTER_WEIGHTS", str(folder))
        patch.delenv("VSFILTER_OFFLINE", raising=False)
        yield folder


@pytest.fixture(scope="session", autouse=True)
def cache_folder(tmp_path_factory):
    """Keep the indexes of test files out of the user's folder of caches."""
    folder = tmp_path_factory.mktemp("cache")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("VSFILTER_CACHE", str(folder))
        yield folder


@pytest.fixture(autouse=True)
def warnings_of_one_test():
    """Take away again what a command, run in this process, prints the library's warnings by."""
    handlers = logging.getLogger("vsfilter").handlers
    before = list(handlers)
    yield
    handlers[:] = before


@pytest.fixture(scope="session")
def wheel(tmp_path_factory):
    """The wheel of vsfilter."""
    return build_wheel(Path(__file__).parents[1], tmp_path_factory.mktemp("wheel"))


@pytest.fixture(scope="session")
def basicvsr(tmp_path_factory):
    """Weights of a small BasicVSR."""
    return save_basicvsr(tmp_path_factory.mktemp("weights") / "small.safetensors")


@pytest.fixture
def fakes(tmp_path, monkeypatch):
    """Install the fake models as a plugin, by a real entry point."""
    metadata = tmp_path / "fakes-1.0.dist-info"
    metadata.mkdir()
    (metadata / "METADATA").write_text("Metadata-Version: 2.1\nName: fakes\nVersion: 1.0\n")
    (metadata / "entry_points.txt").write_text("[vsfilter]\nfakes = tests.small_models\n")
    monkeypatch.syspath_prepend(tmp_path)
