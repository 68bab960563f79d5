import pytest


@pytest.fixture
def fakes(tmp_path, monkeypatch):
    """Install the fake models as a plugin, by a real entry point."""
    metadata = tmp_path / "fakes-1.0.dist-info"
    metadata.mkdir()
    (metadata / "METADATA").write_text("Metadata-Version: 2.1\nName: fakes\nVersion: 1.0\n")
    (metadata / "entry_points.txt").write_text("[vsfilter]\nfakes = tests.small_models\n")
    monkeypatch.syspath_prepend(tmp_path)
