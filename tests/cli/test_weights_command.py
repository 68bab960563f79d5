import hashlib
import json
import signal
import subprocess
import sys
import threading
import time

import pytest
import torch

from tests.bundled_sets import BUNDLED_NAMES, PUBLISHED_COUNT
from tests.file_server import Answer, serve
from tests.fresh_python import run
from tests.published_plugin import install_published, save_official
from tests.small_models import save_basicvsr
from vsfilter.cli import weights
from vsfilter.errors import WeightsError

# a shell that starts the tests in the background makes them and their children ignore SIGINT
signal.signal(signal.SIGINT, signal.default_int_handler)

VSR = "import sys; sys.argv[0] = 'vsr'; from vsfilter.cli.main import run; run()"


@pytest.fixture(scope="module")
def official(tmp_path_factory):
    return save_official(tmp_path_factory.mktemp("official") / "official.pth")


@pytest.fixture
def folder(tmp_path, monkeypatch):
    monkeypatch.setenv("VSFILTER_WEIGHTS", str(tmp_path / "mine"))
    for name in ("http_proxy", "HTTP_PROXY", "all_proxy", "ALL_PROXY"):
        monkeypatch.delenv(name, raising=False)
    return tmp_path / "mine"


@pytest.fixture
def site(official, folder, tmp_path, monkeypatch):
    """Publish a file on a server, and install the plugin that knows it, here and for processes."""
    with serve(official.read_bytes()) as site:
        (tmp_path / "plugin").mkdir()
        install_published(tmp_path / "plugin", site.content, url=site.url, module="tiny_cli")
        monkeypatch.syspath_prepend(tmp_path / "plugin")
        monkeypatch.delitem(sys.modules, "tiny_cli", raising=False)
        yield site


def vsr(*arguments, folder=None):
    return run("-c", VSR, *map(str, arguments), folder=folder)


def assert_one_line(done, *words):
    assert done.returncode == 1
    assert done.stdout == ""
    (line,) = done.stderr.splitlines()
    assert line.startswith("error: ")
    assert all(word in line for word in words), line


def test_a_set_is_listed_pulled_and_verified(site, folder, tmp_path):
    def list_states():
        done = vsr("weights", "list", "--json", folder=tmp_path / "plugin")
        assert (done.returncode, done.stderr) == (0, "")
        return {entry["name"]: entry for entry in json.loads(done.stdout)}

    before = list_states()
    assert before["fast-x4"]["state"] == "bundled"
    assert before["basicvsr-reds"]["state"] == before["tiny-reds"]["state"] == "available"
    assert before["tiny-reds"]["file"] is None
    assert before["tiny-reds"]["scores"] == [
        {"data": "Vid4 (BI)", "channel": "Y", "psnr": 27.5, "ssim": 0.83}
    ]
    done = vsr("weights", "pull", "tiny-reds", folder=tmp_path / "plugin")
    assert (done.returncode, done.stdout) == (0, "")
    after = list_states()["tiny-reds"]
    assert (after["state"], after["model"]) == ("installed", "tiny")
    assert folder.joinpath(after["published_file"]).read_bytes() == site.content
    done = vsr("weights", "verify", folder=tmp_path / "plugin")
    assert done.returncode == 0
    assert [line.split()[:2] for line in done.stdout.splitlines()] == [
        ["ok", name] for name in [*BUNDLED_NAMES, "tiny-reds"]
    ]
    models = json.loads(vsr("models", "--json", folder=tmp_path / "plugin").stdout)
    names = {entry["weights"] for entry in models}
    assert names - {None} == {"tiny-reds", *BUNDLED_NAMES}


def test_a_damaged_file_makes_verify_fail_and_names_the_remedy(site, folder, tmp_path):
    vsr("weights", "pull", "tiny-reds", folder=tmp_path / "plugin")
    (place,) = folder.glob("tiny*")
    content = bytearray(place.read_bytes())
    content[99] ^= 4
    place.write_bytes(content)
    done = vsr("weights", "verify", folder=tmp_path / "plugin")
    assert done.returncode == 1
    assert "DAMAGED  tiny-reds" in done.stdout
    assert "vsr weights pull tiny-reds" in done.stderr


def test_the_list_for_people_has_one_line_for_each_set(folder):
    done = vsr("weights", "list")
    rows = {line.split()[0]: line for line in done.stdout.splitlines()}
    assert len(rows) == PUBLISHED_COUNT + len(BUNDLED_NAMES)
    assert rows["edvr-l-reds-deblurcomp-basicsr"].split()[1:4] == [
        "available",
        "x1",
        "blur+compression",
    ]
    assert str(folder) in done.stderr


def test_an_interrupted_pull_is_finished_by_the_next(site, folder, tmp_path):
    site.cut_reached, site.release = threading.Event(), threading.Event()
    site.answers.append(Answer(cut=len(site.content) // 2))
    environment = {"folder": tmp_path / "plugin"}
    process = start("weights", "pull", "tiny-reds", **environment)
    assert site.cut_reached.wait(60)
    deadline = time.monotonic() + 60
    while not any(part.stat().st_size for part in folder.glob("*.part")):
        assert time.monotonic() < deadline
        time.sleep(0.01)
    process.send_signal(signal.SIGINT)
    _, messages = process.communicate(timeout=60)
    site.release.set()
    assert process.returncode == 130
    assert "Traceback" not in messages
    (part,) = folder.glob("*.part")
    assert site.content.startswith(part.read_bytes())
    length = part.stat().st_size
    done = vsr("weights", "pull", "tiny-reds", **environment)
    assert done.returncode == 0, done.stderr
    assert site.asked("Range") == [None, f"bytes={length}-"]
    (place,) = folder.glob("tiny*")
    assert place.read_bytes() == site.content


def start(*arguments, folder):
    """Start a command; `fresh_python.run` would wait for it."""
    import os

    return subprocess.Popen(
        [sys.executable, "-c", VSR, *arguments],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env={**os.environ, "PYTHONPATH": str(folder)},
    )


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["pull", "basicvsr-redz"], ["'basicvsr-redz'", "did you mean 'basicvsr-reds'?"]),
        (["pull", "fast-x4", "--offline", "basicvsr-reds"], ["offline", "github.com/open-mmlab"]),
        (["add", "missing.pth"], ["missing.pth", "do not exist"]),
        (["info", "basicvsr-redz"], ["did you mean 'basicvsr-reds'?"]),
        (["verify", "basicvsr-reds"], ["not installed", "vsr weights pull basicvsr-reds"]),
    ],
)
def test_what_cannot_be_done_is_one_clear_line(folder, arguments, words):
    done = vsr("weights", *arguments)
    done.stderr = "\n".join(line for line in done.stderr.splitlines() if "fast-x4:" not in line)
    assert_one_line(done, *words)
    assert not folder.exists()


def test_a_published_file_is_recognised_by_its_hash_whatever_its_name(
    site, folder, tmp_path, official, capsys
):
    done = vsr("weights", "add", official, folder=tmp_path / "plugin")
    assert done.returncode == 0, done.stderr
    assert "tiny-reds" in done.stderr
    (place,) = folder.glob("tiny*")
    assert place.read_bytes() == site.content
    weights.info("tiny-reds", as_json=True)
    entry = json.loads(capsys.readouterr().out)
    assert (entry["model"], entry["scale"], entry["layout"]) == ("basicvsr", 4, "params")
    assert entry["options"]["channels"] == 8
    assert entry["sha256"] == hashlib.sha256(site.content).hexdigest()
    assert entry["published"]["name"] == "tiny-reds"
    with pytest.raises(WeightsError, match="leave --name out"):
        weights.add(official, name="x")
    assert site.requests == []


def test_an_own_file_is_added_under_the_name_given_or_its_own(folder, tmp_path, capsys):
    best = save_basicvsr(tmp_path / "best.safetensors")
    weights.add(best)
    weights.add(best, name="film")
    weights.list_weights(as_json=True)
    out, err = capsys.readouterr()
    assert "film: " in err
    entries = {entry["name"]: entry for entry in json.loads(out)}
    assert entries["best"]["state"] == entries["film"]["state"] == "installed"
    weights.info("film")
    assert "model: basicvsr" in capsys.readouterr().out


def test_a_file_that_carries_code_is_not_added(folder, tmp_path):
    class Code:
        def __reduce__(self):
            return (exec, ("raise SystemExit(3)",))

    torch.save({"params": {"a": torch.zeros(1)}, "extra": Code()}, tmp_path / "bad.pth")
    for refuse in (
        lambda: weights.add(tmp_path / "bad.pth"),
        lambda: weights.info(str(tmp_path / "bad.pth")),
        lambda: weights.convert(tmp_path / "bad.pth", tmp_path / "ours.safetensors"),
    ):
        with pytest.raises(WeightsError, match="hold code"):
            refuse()
    assert not folder.exists()


def test_convert_replaces_nothing_unless_told(folder, tmp_path, official):
    target = tmp_path / "ours.safetensors"
    target.write_text("mine")
    with pytest.raises(WeightsError, match="give --overwrite"):
        weights.convert(official, target)
    assert target.read_text() == "mine"
    weights.convert(official, target, overwrite=True)
    weights.add(target, name="ours")


def test_a_published_set_that_is_not_there_is_described_all_the_same(folder, capsys):
    weights.info("edvr-l-vimeo-bi-basicsr")
    out = capsys.readouterr().out
    assert "EDVR_L_x4_SR_Vimeo90K_official-162b54e4.pth" in out
    assert "psnr 27.35" in out
    weights.info("edvr-l-vimeo-bi-basicsr", as_json=True)
    assert json.loads(capsys.readouterr().out)["file"] is None
