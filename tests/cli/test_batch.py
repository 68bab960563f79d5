"""Several inputs in one command, and kinds of input and output beside files, in real processes."""

import json
import logging
import signal
import subprocess
import sys
import time

import av
import cv2
import numpy as np
import pytest
import typer

from tests.clips import Clip, make_clip
from tests.ready_process import run_entry
from vsfilter.cli.transcode import transcode
from vsfilter.engine.load import load_chosen
from vsfilter.errors import OptionError

FAST = ["--model", "bicubic", "--scale", "1", "--segment", "2"]
# a shell that starts the tests in the background makes them and their children ignore SIGINT
COMMAND = """
import signal
from vsfilter.cli.transcode import run
signal.signal(signal.SIGINT, signal.default_int_handler)
run()
"""


def call(*arguments):
    return [sys.executable, "-c", COMMAND, *map(str, arguments)]


def run(*arguments, **options):
    return run_entry("vsfilter.cli.transcode:run", *arguments, **options)


def names(folder):
    return sorted(path.relative_to(folder).as_posix() for path in folder.rglob("*"))


def frame_count(path):
    with av.open(str(path)) as container:
        return sum(1 for _ in container.decode(video=0))


@pytest.fixture
def films(tmp_path):
    """Give a folder with a whole file, a broken one and a whole one."""
    folder = tmp_path / "films"
    folder.mkdir()
    make_clip(folder / "a.mkv", Clip(count=5, audio_s=0.2))
    (folder / "b.mp4").write_text("this is no video\n" * 50)
    make_clip(folder / "c.mp4", Clip(count=4, pix_fmt="yuv420p10le"))
    return folder


@pytest.fixture
def log():
    """Take away the handlers that a command adds when it is called in this process."""
    logger = logging.getLogger("vsfilter")
    before = list(logger.handlers)
    yield
    logger.handlers[:] = before


def batch(*sources, out, **options):
    """Carry out a batch in this process."""
    settings = {"model": "bicubic", "scale": "1", "segment": 2}
    transcode([str(source) for source in sources], output_dir=out, **settings, **options)


def test_what_fails_does_not_stop_the_others(films, tmp_path):
    out = tmp_path / "new" / "out"

    done = run(films / "*", "--output-dir", out, "--json", *FAST)

    assert done.returncode == 1
    assert names(out) == ["a.mkv", "c.mp4"]
    assert (frame_count(out / "a.mkv"), frame_count(out / "c.mp4")) == (5, 4)
    reports = [json.loads(line) for line in done.stdout.splitlines()]
    assert [report.get("frames") for report in reports] == [5, None, 4]
    assert reports[1]["source"] == str(films / "b.mp4")
    errors = [line for line in done.stderr.decode().splitlines() if line.startswith("error: ")]
    assert errors == [f"error: {reports[1]['error']}"]
    assert "b.mp4" in errors[0]
    assert done.stderr.decode().splitlines()[-1].startswith("2 of 3 inputs done, 1 failed (")
    assert b"Traceback" not in done.stderr


@pytest.mark.usefixtures("log")
def test_an_output_that_is_there_is_kept_and_said_unless_it_shall_be_left_out(
    films, tmp_path, capsys
):
    out = tmp_path / "out"
    batch(films / "a.mkv", out=out, quiet=True)
    made = (out / "a.mkv").read_bytes()
    sources = [films / "a.mkv", films / "c.mp4"]

    with pytest.raises(typer.Exit) as end:
        batch(*sources, out=out, quiet=True)
    assert end.value.exit_code == 1
    assert capsys.readouterr().err == (
        f"error: {sources[0]}: output '{out / 'a.mkv'}' exists: use --overwrite or another name\n"
    )
    assert names(out) == ["a.mkv", "c.mp4"]

    batch(*sources, out=out, skip_existing=True)
    assert capsys.readouterr().err.splitlines()[-1] == "0 of 2 inputs done, 2 left out"
    assert (out / "a.mkv").read_bytes() == made

    batch(*sources, out=out, overwrite=True, crf=40, codec="x264")
    assert (out / "a.mkv").read_bytes() != made


@pytest.mark.usefixtures("log")
def test_a_batch_loads_its_model_once(films, tmp_path, monkeypatch):
    loaded = []

    def load(*arguments, **options):
        loaded.append(load_chosen(*arguments, **options))
        return loaded[-1]

    monkeypatch.setattr("vsfilter.engine.run_restorer.load_chosen", load)
    batch(films / "a.mkv", films / "c.mp4", out=tmp_path / "out")

    assert len(loaded) == 1


@pytest.mark.usefixtures("log")
def test_a_batch_may_become_images_and_a_dry_run_leaves_nothing(films, tmp_path, capsys):
    out = tmp_path / "new" / "out"
    sources = [films / "a.mkv", films / "c.mp4"]

    batch(*sources, out=out, container="png", dry_run=True)
    assert names(tmp_path) == ["films", "films/a.mkv", "films/b.mp4", "films/c.mp4"]
    assert "2 of 2 inputs can be done" in capsys.readouterr().err
    batch(*sources, out=out, container="png", preview=True, as_json=True)

    assert {path.name for path in out.iterdir()} == {"a", "c", "a.preview.png", "c.preview.png"}
    for name, count, depth in (("a", 5, np.uint8), ("c", 4, np.uint16)):
        images = [f"00000{number}.png" for number in range(count)]
        assert names(out / name) == [*images, "timecodes.txt"]
        read = cv2.imread(str(out / name / images[-1]), cv2.IMREAD_UNCHANGED)
        assert (read.dtype, read.shape) == (depth, (48, 64, 3))
    reports = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    warnings = [report["warnings"] for report in reports]
    assert warnings == [[f"{sources[0]}: the output cannot hold these streams: 1 (audio aac)"], []]
    assert [report["streams"]["dropped"] for report in reports] == [["1 (audio aac)"], []]


@pytest.mark.usefixtures("log")
def test_an_interrupted_batch_goes_on_with_each_input_where_it_was(tmp_path, capsys):
    films = [  # the second is too long to end by itself within the test
        make_clip(tmp_path / f"{name}.mkv", Clip(count=count, width=32, height=32))
        for name, count in (("a", 4), ("b", 160))
    ]
    out = tmp_path / "out"
    arguments = [*films, "--output-dir", out, "--core", "4", "--segment", "4"]
    process = subprocess.Popen(call(*arguments), stderr=subprocess.PIPE, text=True)
    journal = out / "b.mkv.part" / "journal"
    while not journal.exists() or b'"segment":0' not in journal.read_bytes():
        assert process.poll() is None
        time.sleep(0.01)  # the run needs the core
    process.send_signal(signal.SIGINT)
    errors = process.communicate(timeout=60)[1]
    assert process.returncode == 130
    assert errors.splitlines()[-1] == (
        "1 of 2 inputs done: the same command with --skip-existing goes on"
    )
    made = (out / "a.mkv").read_bytes()

    sources = [str(film) for film in films]
    transcode(sources, output_dir=out, skip_existing=True, as_json=True, core=4, segment=4)

    printed = capsys.readouterr()
    assert f"{out / 'a.mkv'} is there: left as it is" in printed.err
    assert json.loads(printed.out)["resumed_from"] >= 4
    assert (out / "a.mkv").read_bytes() == made
    assert names(out) == ["a.mkv", "b.mkv"]


def test_png_images_on_standard_input_become_tiff_images_bit_for_bit(tmp_path):
    random = np.random.default_rng(1)
    images = [random.integers(0, 1 << 16, (12, 16, 3), np.uint16) for _ in range(3)]
    piped = b"".join(cv2.imencode(".png", image)[1].tobytes() for image in images)
    settings = ["--model", "bicubic", "--scale", "1", "--precision", "fp32", "--fps", "12.5"]

    done = run("-", tmp_path / "out" / "%d.tiff", *settings, data=piped)

    assert done.returncode == 0, done.stderr
    assert names(tmp_path / "out") == ["0.tiff", "1.tiff", "2.tiff", "timecodes.txt"]
    for number, image in enumerate(images):
        written = cv2.imread(str(tmp_path / "out" / f"{number}.tiff"), cv2.IMREAD_UNCHANGED)
        np.testing.assert_array_equal(written, image)
    assert (tmp_path / "out" / "timecodes.txt").read_text().split()[-1] == "160.000000"


def test_options_of_a_batch_are_refused_without_one(films, tmp_path):
    with pytest.raises(OptionError, match="--container and --skip-existing go with --output-dir"):
        transcode([str(films / "a.mkv"), str(tmp_path / "out.mkv")], container="mp4")
