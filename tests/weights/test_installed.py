import hashlib
import shutil
import sys
from pathlib import Path

import pytest
import torch

import vsfilter
from tests.bundled_sets import BUNDLED_NAMES
from tests.file_server import Answer, serve
from tests.published_plugin import install_published, save_official
from tests.small_models import save_basicvsr
from vsfilter.engine.load import load_model
from vsfilter.errors import DownloadError, WeightsError
from vsfilter.weights import resolve_weights
from vsfilter.weights.folder import sha256, weights_folder, writing_to
from vsfilter.weights.installed import add_own, known_sets, pull, verify

FP32 = {"device": "cpu", "precision": "fp32"}


def ignore(done, total):
    pass


@pytest.fixture(scope="module")
def official(tmp_path_factory):
    return save_official(tmp_path_factory.mktemp("official") / "official.pth")


@pytest.fixture
def folder(tmp_path, monkeypatch):
    """The user's folder, empty and not yet made."""
    monkeypatch.setenv("VSFILTER_WEIGHTS", str(tmp_path / "mine"))
    return tmp_path / "mine"


@pytest.fixture
def site(official):
    with serve(official.read_bytes()) as site:
        yield site


@pytest.fixture
def published(site, folder, tmp_path, monkeypatch):
    """Install the plugin for this test; give the place of its file."""
    name = install_published(tmp_path, site.content, url=site.url, module="tiny_plugin")
    monkeypatch.syspath_prepend(tmp_path)
    monkeypatch.delitem(sys.modules, "tiny_plugin", raising=False)
    return folder / name


def flip_a_byte(path):
    content = bytearray(path.read_bytes())
    content[len(content) // 2] ^= 1
    path.write_bytes(content)


def states():
    return {name: known.state for name, known in known_sets().items()}


def test_the_folder_is_that_of_the_system_unless_the_environment_names_one(monkeypatch):
    monkeypatch.setenv("VSFILTER_WEIGHTS", "~/models")
    assert weights_folder() == Path.home() / "models"
    monkeypatch.delenv("VSFILTER_WEIGHTS")
    assert weights_folder().is_absolute()
    assert weights_folder().parts[-2:] == ("vsfilter", "weights")


def test_a_set_that_is_not_there_is_refused_with_what_to_do_and_nothing_is_fetched(published, site):
    with pytest.raises(WeightsError) as caught:
        load_model(weights="tiny-reds", **FP32)
    message = str(caught.value)
    assert "'vsr weights pull tiny-reds'" in message
    assert f"get '{published.name}' from https://example.org/tiny" in message
    assert "'vsr weights add'" in message
    assert "\n" not in message
    assert site.requests == []


def test_a_pulled_set_is_used_by_its_name_and_equals_its_file(published, official):
    assert states()["tiny-reds"] == "available"
    assert pull("tiny-reds", ignore) == published
    assert states()["tiny-reds"] == "installed"
    loaded = load_model(weights="tiny-reds", **FP32)
    assert loaded.backend.name == "tiny"
    frames = torch.rand(3, 3, 8, 12)
    with torch.inference_mode():
        expected = vsfilter.load("basicvsr", official, **FP32).restore(frames)
        assert torch.equal(loaded.model.restore(frames), expected)


def test_a_set_that_is_there_is_not_fetched_again_unless_it_is_damaged(published, site):
    pull("tiny-reds", ignore)
    pull("tiny-reds", ignore)
    assert len(site.requests) == 1
    flip_a_byte(published)
    with pytest.raises(WeightsError, match=r"'tiny-reds' are damaged.*vsr weights pull tiny-reds"):
        load_model(weights="tiny-reds", **FP32)
    pull("tiny-reds", ignore)
    assert published.read_bytes() == site.content


def test_a_file_that_was_put_into_the_folder_by_hand_counts(published, official):
    published.parent.mkdir()
    shutil.copy(official, published)
    assert states()["tiny-reds"] == "installed"
    assert load_model(weights="tiny-reds", **FP32).backend.name == "tiny"


@pytest.mark.parametrize("value", ["1", "yes"])
def test_offline_nothing_is_asked_for(published, site, monkeypatch, value):
    with pytest.raises(DownloadError, match=r"not fetched offline: get .* from https://example"):
        pull("tiny-reds", ignore, is_offline=True)
    monkeypatch.setenv("VSFILTER_OFFLINE", value)
    with pytest.raises(DownloadError, match="not fetched offline"):
        pull("tiny-reds", ignore)
    monkeypatch.setenv("VSFILTER_OFFLINE", "0")
    assert site.requests == []
    assert pull("tiny-reds", ignore) == published


def test_a_failed_pull_says_how_to_get_the_file_by_hand(published, site):
    site.answers.append(Answer(status=404))
    with pytest.raises(DownloadError, match=r"'tiny-reds'.*404.*or get .* from https://example"):
        pull("tiny-reds", ignore)
    assert states()["tiny-reds"] == "available"


def test_a_set_that_takes_a_browser_is_not_pulled(published, site):
    with pytest.raises(WeightsError, match=r"get 'tiny_shop.pth' from https://example.org/tiny"):
        pull("tiny-shop", ignore)
    with pytest.raises(WeightsError, match=r"\(did you mean 'tiny-reds'\?\)"):
        pull("tiny-red", ignore)
    assert site.requests == []


def test_two_processes_do_not_write_at_once(published, site):
    with (
        writing_to(published.parent),
        pytest.raises(WeightsError, match="another process is writing"),
    ):
        pull("tiny-reds", ignore)
    assert site.requests == []
    pull("tiny-reds", ignore)


@pytest.mark.skipif(sys.platform == "win32", reason="folders have no such permissions there")
def test_a_folder_that_cannot_be_made_is_one_clear_line(published, tmp_path, monkeypatch):
    (tmp_path / "file").touch()
    monkeypatch.setenv("VSFILTER_WEIGHTS", str(tmp_path / "file" / "folder"))
    with pytest.raises(WeightsError, match=r"cannot be written.*VSFILTER_WEIGHTS"):
        pull("tiny-reds", ignore)


def test_the_default_and_a_scale_choose_bundled_sets_only(published):
    pull("tiny-reds", ignore)
    with pytest.raises(WeightsError, match=r"model 'tiny' has no weights of its own"):
        load_model("tiny", **FP32)
    with pytest.raises(WeightsError, match=r"model 'tiny' has no weights of its own"):
        load_model("tiny", scale=4, **FP32)


def test_two_stages_may_be_given_by_name(folder):
    with pytest.raises(WeightsError, match="'edvr-l-reds-basicsr' are not installed"):
        load_model(weights="edvr-l-reds-basicsr+edvr-l-reds-deblur-basicsr", **FP32)


def test_an_own_file_is_used_by_its_name(folder, tmp_path):
    own = save_basicvsr(tmp_path / "best.safetensors")
    place = add_own(own, "film", sha256(own))
    assert place == folder / "added" / f"film-{sha256(own)[:8]}.safetensors"
    assert add_own(own, "film", sha256(own)) == place
    own.unlink()
    assert load_model(weights="film", **FP32).backend.name == "basicvsr"
    assert resolve_weights("film", [], backend="x") == place
    flip_a_byte(place)
    with pytest.raises(WeightsError, match="'film' are damaged"):
        load_model(weights="film", **FP32)
    with pytest.raises(WeightsError, match="'film' are damaged"):
        load_model("basicvsr", "film", **FP32)


def test_a_file_in_the_working_folder_goes_before_an_added_one(folder, tmp_path, monkeypatch):
    own = save_basicvsr(tmp_path / "own.safetensors")
    add_own(own, "film", sha256(own))
    other = save_basicvsr(tmp_path / "film", gain=2)
    monkeypatch.chdir(tmp_path)
    assert resolve_weights("film", [], backend="x") == Path(other.name)


def test_a_name_that_is_taken_or_no_name_is_refused(folder, tmp_path):
    own = save_basicvsr(tmp_path / "own.safetensors")
    other = save_basicvsr(tmp_path / "other.safetensors", gain=2)
    place = add_own(own, "film", sha256(own))
    with pytest.raises(WeightsError, match="'film' is taken by another file"):
        add_own(other, "film", sha256(other))
    with pytest.raises(WeightsError, match="'basicvsr-reds' is that of published weights"):
        add_own(other, "basicvsr-reds", sha256(other))
    for name in ("", "a/b", "a+b", "two words", "../up"):
        with pytest.raises(WeightsError, match="choose another with --name"):
            add_own(other, name, sha256(other))
    assert [path for path in folder.rglob("*.*") if path.name != ".lock"] == [place]


def test_verify_finds_a_flipped_byte_and_nothing_else(published, tmp_path):
    own = save_basicvsr(tmp_path / "own.safetensors")
    place = add_own(own, "film", sha256(own))
    pull("tiny-reds", ignore)
    assert {verdict.name for verdict in verify([])} == {*BUNDLED_NAMES, "tiny-reds", "film"}
    assert all(verdict.is_whole for verdict in verify([]))
    for path, name in ((published, "tiny-reds"), (place, "film")):
        flip_a_byte(path)
        assert [v.name for v in verify([]) if not v.is_whole] == [name]
        assert [v.is_whole for v in verify([name, "fast-x4"])].count(False) == 1
        flip_a_byte(path)


def test_verify_refuses_names_that_are_unknown_or_not_installed(published):
    with pytest.raises(WeightsError, match="'tiny-reds' are not installed"):
        list(verify(["tiny-reds"]))
    with pytest.raises(WeightsError, match="no weights 'tiny-blue'"):
        list(verify(["tiny-blue"]))


def test_a_hash_of_a_published_set_is_its_prefix_or_whole(site, published):
    item = known_sets()["tiny-reds"].item
    digest = hashlib.sha256(site.content).hexdigest()
    assert item.has_hash(digest)
    assert not item.has_hash("0" + digest[1:])
