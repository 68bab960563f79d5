"""Several processes train what one does."""

import logging
import os
import signal
import subprocess
import sys
import threading
from pathlib import Path

import pytest

from tests.train.tiny import read_log, read_state, stop_training, write_recipe
from vsfilter.errors import SinkExistsError, TrainingError
from vsfilter_train import launch, processes
from vsfilter_train.command import train

SCRIPT = Path(__file__).with_name("forked_training.py")
OFFSETS_SCRIPT = Path(__file__).with_name("forked_offsets.py")
CHANGES = (
    "schedule.precision=fp32",
    "schedule.steps=6",
    "schedule.flow_steps=2",
    "schedule.evaluate_every=3",
    "output.log_every=1",
    "data.batch=4",
    "data.validation=['a.mkv', 'b.mkv']",
)


@pytest.fixture(autouse=True)
def quiet(caplog):
    caplog.set_level(logging.WARNING)


def run_script(*words):
    if not hasattr(os, "fork"):
        pytest.skip("this system cannot fork processes")
    done = subprocess.run(
        [sys.executable, *map(str, words)],
        capture_output=True,
        text=True,
        check=False,
        timeout=300,  # a process that fails leaves the others waiting
    )
    assert done.returncode == 0, done.stderr


@pytest.fixture(scope="module")
def trained(clips, tmp_path_factory):
    """Folders of the same training by one process and by three, whose parts of a batch differ."""
    folder = tmp_path_factory.mktemp("trained")
    run_script(SCRIPT, write_recipe(folder / "tiny.toml", clips), folder, *CHANGES)
    return folder


def test_several_processes_have_the_loss_curve_of_one(trained):
    one, several = read_log(trained / "1"), read_log(trained / "3")
    assert [entry["step"] for entry in several] == [entry["step"] for entry in one]
    for name in ("loss", "gradient", "psnr_y"):
        values = [[entry[name] for entry in log if name in entry] for log in (one, several)]
        assert values[1] == pytest.approx(values[0], abs=1e-5, rel=1e-5)
    weights = [read_state(trained / name)["module"] for name in ("1", "3")]
    for key, tensor in weights[0].items():
        assert (tensor - weights[1][key]).abs().max() < 1e-4


def test_all_processes_are_told_of_the_largest_offset(tmp_path):
    """One that looks too far away has all skip the step, also those without samples."""
    run_script(OFFSETS_SCRIPT, tmp_path)
    assert [(tmp_path / name).read_text() for name in "012"] == ["9.0 9.0"] * 3


def test_each_sample_of_a_batch_is_of_one_process(monkeypatch):
    for count in (1, 2, 3, 5):
        owned = []
        monkeypatch.setattr(processes, "count", lambda count=count: count)
        for rank in range(count):
            monkeypatch.setattr(processes, "rank", lambda rank=rank: rank)
            owned += processes.own(4)
        assert owned == [0, 1, 2, 3]


def test_processes_that_torchrun_starts_again_go_on_with_what_it_has_begun(
    clips, tmp_path, monkeypatch
):
    recipe, out = write_recipe(tmp_path / "tiny.toml", clips), tmp_path / "out"
    monkeypatch.setenv("TORCHELASTIC_RESTART_COUNT", "0")
    train(recipe, out, steps=2)
    monkeypatch.setenv("TORCHELASTIC_RESTART_COUNT", "1")
    train(recipe, out, steps=3)
    assert read_state(out)["step"] == 3
    monkeypatch.setattr(processes, "starter", lambda: "another one")
    with pytest.raises(SinkExistsError, match="holds a training of 3 steps"):
        train(recipe, out, steps=4)


def run_command(*arguments):
    return subprocess.run(
        [sys.executable, "-m", "vsfilter_train", *map(str, arguments)],
        capture_output=True,
        text=True,
        check=False,
        timeout=300,
        env={**os.environ, "OMP_NUM_THREADS": "1"},
    )


def test_what_stops_the_processes_is_said_once(tmp_path, clips):
    recipe = write_recipe(tmp_path / "tiny.toml", clips)
    done = run_command(
        recipe, "--out", tmp_path / "out", "--processes", 2, "--set", "data.folder=/nowhere"
    )
    assert done.returncode == 1
    assert done.stderr.count("error: folder '/nowhere' does not exist") == 1
    assert "Traceback" not in done.stderr


@pytest.fixture
def run_instead(monkeypatch):
    """Have other code run in the processes; give what was started."""
    start, started = subprocess.Popen, []

    def replace(code):
        def begin(_, **given):
            started.append(start([sys.executable, "-c", code], **given))
            return started[-1]

        monkeypatch.setattr(launch.subprocess, "Popen", begin)
        return started

    return replace


def test_a_process_that_fails_alone_is_heard(run_instead, monkeypatch, capfd):
    """Only the first one's messages are shown, but of another one its last words."""
    run_instead(
        "import os, sys, time; os.environ['RANK'] == '1' and sys.exit('no memory'); time.sleep(60)"
    )
    monkeypatch.setattr(launch, "_GRACE_S", 0.2)
    assert launch.run_processes(2, []) == 1
    assert "no memory" in capfd.readouterr().err


@pytest.mark.parametrize("number", [0, 1])
def test_a_process_that_is_killed_is_named(run_instead, monkeypatch, number):
    """The system kills where memory is lacking; the one that was killed can say nothing."""
    run_instead(
        "import os, signal, time\n"
        f"os.environ['RANK'] == '{number}' and os.kill(os.getpid(), signal.SIGKILL)\n"
        "time.sleep(60)"
    )
    monkeypatch.setattr(launch, "_GRACE_S", 0.2)
    with pytest.raises(TrainingError, match=rf"process {number} was killed \(signal 9\).* memory "):
        launch.run_processes(2, [])


def test_a_process_that_is_ended_by_another_signal_is_named_too(run_instead, monkeypatch):
    run_instead("import os, signal; os.kill(os.getpid(), signal.SIGABRT)")
    monkeypatch.setattr(launch, "_GRACE_S", 0.2)
    with pytest.raises(TrainingError, match=r"process \d was killed \(signal 6\)$"):
        launch.run_processes(2, [])


def test_a_training_that_is_ended_leaves_no_process(run_instead):
    started = run_instead("import time; time.sleep(60)")
    timer = threading.Timer(0.5, os.kill, (os.getpid(), signal.SIGTERM))
    timer.start()
    with pytest.raises(KeyboardInterrupt):
        launch.run_processes(2, [])
    assert [process.poll() is None for process in started] == [False, False]


def test_processes_that_end_well_are_a_success(run_instead):
    run_instead("pass")
    assert launch.run_processes(2, []) == 0


def test_the_command_starts_processes_that_train_together_and_keep_every_step(clips, tmp_path):
    out, recipe = tmp_path / "out", write_recipe(tmp_path / "tiny.toml", clips)
    status, told = stop_training(recipe, out, signal.SIGTERM, "--processes", "2")
    step = read_log(out)[-1]["step"]
    assert status == 130, told
    assert told.count(f"stopped after step {step}:") == 1  # one of them speaks
    assert "Traceback" not in told
    assert read_state(out)["step"] == step > 1
