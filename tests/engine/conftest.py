import pytest

from tests.small_models import save_basicvsr


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
