"""Whatever goes wrong is injected here; a training survives it, or says in one line why not."""

import logging
import math
import os
import shutil
import signal
import subprocess
import sys
import time
from itertools import count
from pathlib import Path

import pytest
import torch
from safetensors.torch import load_file

from tests.train.conftest import make_frames
from tests.train.test_clips import write_pictures
from tests.train.tiny import (
    EDVR,
    assert_equal,
    events,
    read_log,
    read_state,
    read_weights,
    stop_training,
    write_recipe,
)
from vsfilter.engine.memory import is_out_of_memory
from vsfilter.errors import SinkError, SourceError, TrainingError
from vsfilter_basicvsr.basicvsr import BasicVSR
from vsfilter_train import objectives
from vsfilter_train import train as loop
from vsfilter_train.data import load_data
from vsfilter_train.recipe import read_recipe
from vsfilter_train.records import Records
from vsfilter_train.samples import Samples
from vsfilter_train.train import train
from vsfilter_train.validate import mean_over_clips

FULL_DEVICE = Path("/dev/full")
FP32 = "schedule.precision=fp32"


@pytest.fixture(autouse=True)
def quiet(caplog):
    caplog.set_level(logging.WARNING)


@pytest.fixture
def recipe(clips, tmp_path):
    path = write_recipe(tmp_path / "tiny.toml", clips)
    return lambda *changes: read_recipe(path, changes=("data.validation=[]", *changes))


def spoil(monkeypatch, is_bad):
    """Make the loss of some calls not finite; count from 0."""
    calls, loss = count(), objectives.charbonnier

    def spoilt(*clips, **how):
        return loss(*clips, **how) * (float("nan") if is_bad(next(calls)) else 1)

    monkeypatch.setattr(objectives, "charbonnier", spoilt)


@pytest.mark.parametrize("precision", ["bf16", "fp16"])
def test_a_flow_that_is_not_finite_leads_back_to_the_last_good_state(
    recipe, tmp_path, monkeypatch, precision
):
    # torch's grid_sample ends the process when it is asked for gradients at such positions
    calls, forward = count(), BasicVSR.forward

    def spoilt(self, clip):
        if torch.is_grad_enabled() and next(calls) == 5:
            with torch.no_grad():
                next(self.spynet.parameters()).fill_(math.nan)
        return forward(self, clip)

    monkeypatch.setattr(BasicVSR, "forward", spoilt)
    changes = ("schedule.evaluate_every=4", "schedule.steps=9", "safety.patience=3")
    train(recipe(*changes, f"schedule.precision={precision}"), tmp_path / "out")
    state = read_state(tmp_path / "out")
    assert (state["step"], state["lost"]) == (9, 4)
    assert all(bool(part.isfinite().all()) for part in state["module"].values())


def test_bad_steps_in_a_row_lead_back_to_the_last_good_state_with_a_lower_rate(
    recipe, tmp_path, monkeypatch
):
    spoil(monkeypatch, lambda call: call in (5, 6, 7))
    drawn, cut = [], Samples.cut
    monkeypatch.setattr(
        Samples, "cut", lambda self, number: drawn.append(number) or cut(self, number)
    )
    changes = ("schedule.evaluate_every=4", "schedule.steps=9", "safety.patience=3")
    train(recipe(*changes), tmp_path / "out")
    state = read_state(tmp_path / "out")
    # steps 5 to 7 fail, training goes back to step 4, and takes the batches that follow
    assert (state["step"], state["lost"], state["rate_factor"]) == (9, 4, 0.5)
    assert state["optimizer"]["param_groups"][0]["lr"] < 0.5 * 4e-3
    assert drawn == list(range(len(drawn)))
    told = [entry["event"] for entry in events(tmp_path / "out")]
    assert [text.split(":")[0] for text in told] == ["skipped"] * 3 + ["fails"]
    assert told[-1] == "fails: back to step 4, with 0.5 of the learning rate"
    assert all(
        p.isfinite().all() for p in read_weights(tmp_path / "out" / "last.safetensors").values()
    )


def test_the_batches_of_bad_steps_are_kept_for_study(recipe, tmp_path, monkeypatch):
    spoil(monkeypatch, lambda call: call in (1, 2, 4))
    train(recipe("schedule.steps=5", "safety.studied=2"), tmp_path / "out")
    files = sorted((tmp_path / "out" / "study").iterdir())
    assert [path.name for path in files] == [
        "step_00000001_0.safetensors",
        "step_00000002_0.safetensors",
    ]
    kept = load_file(files[0])
    settings = recipe()
    expected = load_data(settings, scale=4, side=settings.data.patch).samples
    assert torch.equal(kept["low"], expected[1].low)
    assert torch.equal(kept["high"], expected[1].high)


def test_a_training_that_always_fails_gives_up_and_says_where_to_look(
    recipe, tmp_path, monkeypatch
):
    spoil(monkeypatch, lambda call: call > 1)
    changes = ("safety.patience=2", "safety.rollbacks=2", "schedule.evaluate_every=2")
    with pytest.raises(TrainingError, match=r"went back 2 times: look at the batches in .*study"):
        train(recipe(*changes), tmp_path / "out")
    assert read_state(tmp_path / "out")["step"] == 2


def test_weights_that_are_not_finite_never_become_the_state(recipe, tmp_path, monkeypatch):
    calls, step = count(), torch.optim.Adam.step

    def explode(self, closure=None):
        step(self, closure)
        if next(calls) == 3:
            next(iter(self.param_groups[0]["params"])).data.fill_(float("inf"))

    monkeypatch.setattr(torch.optim.Adam, "step", explode)
    changes = ("schedule.evaluate_every=2", "schedule.steps=6", "safety.patience=2")
    train(recipe(*changes), tmp_path / "out")
    assert "back to step 2" in events(tmp_path / "out")[-1]["event"]
    assert all(p.isfinite().all() for p in read_state(tmp_path / "out")["module"].values())


def test_deformable_convolutions_that_look_too_far_away_are_said_then_rolled_back(
    recipe, tmp_path, monkeypatch
):
    calls, step = count(), torch.optim.Adam.step

    def stray(self, closure=None):
        step(self, closure)
        if next(calls) == 2:
            for group in self.param_groups:
                for parameter in group["params"]:
                    if parameter.shape == (3 * 2 * 9,):  # the bias of an EDVR's conv_offset
                        parameter.data.fill_(150.0)

    monkeypatch.setattr(torch.optim.Adam, "step", stray)
    changes = ("schedule.evaluate_every=2", "schedule.steps=6", "safety.patience=2")
    train(recipe(*EDVR, *changes), tmp_path / "out")
    told = [entry["event"] for entry in events(tmp_path / "out")]
    assert told[:2] == ["skipped: deformable convolutions look 150 px away"] * 2
    assert told[2].startswith("fails: back to step 2")
    assert read_state(tmp_path / "out")["step"] == 6


def limit_memory(monkeypatch, samples):
    """Let a part of a batch with more samples than that not fit into the memory."""
    charbonnier = objectives.charbonnier

    def limited(output, target, *, epsilon):
        if len(output) > samples:
            raise torch.OutOfMemoryError("CUDA out of memory")
        return charbonnier(output, target, epsilon=epsilon)

    monkeypatch.setattr(objectives, "charbonnier", limited)


def test_out_of_memory_makes_parts_of_a_batch_and_trains_the_same(
    recipe, tmp_path, monkeypatch, caplog
):
    changes = (FP32, "schedule.steps=4", "data.batch=3", "output.log_every=1")
    train(recipe(*changes), tmp_path / "whole")
    limit_memory(monkeypatch, 1)
    train(recipe(*changes), tmp_path / "parts")
    assert "out of memory: from here on a batch of 3 is divided into 2 parts" in caplog.text
    assert read_state(tmp_path / "parts")["parts"] == 3
    losses = [[entry["loss"] for entry in read_log(tmp_path / name)] for name in ("whole", "parts")]
    assert losses[0] == pytest.approx(losses[1], abs=1e-6)


def test_a_sample_that_does_not_fit_into_the_memory_is_one_clear_error(
    recipe, tmp_path, monkeypatch
):
    limit_memory(monkeypatch, 0)
    with pytest.raises(TrainingError, match=r"one sample: set a smaller data\.patch"):
        train(recipe(), tmp_path / "out")


def limit_measured(monkeypatch, frames):
    """Let a clip of more frames than that not fit into the memory while it is measured."""
    forward = BasicVSR.forward

    def limited(self, clip, *rest):
        if not torch.is_grad_enabled() and clip.shape[1] > frames:
            raise torch.OutOfMemoryError("CUDA out of memory")
        return forward(self, clip, *rest)

    monkeypatch.setattr(BasicVSR, "forward", limited)


MEASURED = (FP32, "data.validation=['b.mkv']", "schedule.evaluate_every=2", "schedule.steps=4")


def test_out_of_memory_in_an_evaluation_measures_fewer_frames_at_a_time(
    recipe, tmp_path, monkeypatch, caplog
):
    train(recipe(*MEASURED), tmp_path / "whole")
    limit_measured(monkeypatch, 4)
    train(recipe(*MEASURED), tmp_path / "parts")
    assert caplog.text.count("measured in parts, frames in each: 3") == 3
    assert caplog.text.count("measured in parts, frames in each: 2") == 3
    weights = [read_weights(tmp_path / name / "last.safetensors") for name in ("whole", "parts")]
    assert_equal(*weights)
    logs = [read_log(tmp_path / name) for name in ("whole", "parts")]
    for name, tolerance in (("psnr_y", 0.05), ("flow_gain", 1e-4)):
        values = [[entry[name] for entry in log] for log in logs]
        assert values[1] == pytest.approx(values[0], abs=tolerance)


def test_a_frame_that_cannot_be_measured_is_one_clear_error(recipe, tmp_path, monkeypatch):
    limit_measured(monkeypatch, 0)
    reason = r"does not suffice to measure 'b\.mkv'.*set fewer data\.validation_frames"
    with pytest.raises(TrainingError, match=reason):
        train(recipe(*MEASURED), tmp_path / "out")


def test_a_training_that_dies_in_an_evaluation_goes_on_with_it(recipe, tmp_path, monkeypatch):
    """As where the system kills it for lack of memory: no step is lost, and no line of the log."""
    train(recipe(*MEASURED), tmp_path / "whole")
    for goes_on in (False, True):
        with monkeypatch.context() as patch:
            patch.setattr(loop, "measure", lambda *_: sys.exit("killed"))
            with pytest.raises(SystemExit):
                train(recipe(*MEASURED), tmp_path / "cut", resume=goes_on)
        assert read_state(tmp_path / "cut")["step"] == 2
    train(recipe(*MEASURED), tmp_path / "cut", resume=True)
    whole, cut = (read_state(tmp_path / name) for name in ("whole", "cut"))
    assert (cut["step"], cut["unmeasured"], cut["best_psnr"]) == (4, None, whole["best_psnr"])
    assert_equal(whole["module"], cut["module"])
    for name in ("best", "last"):
        files = [tmp_path / run / f"{name}.safetensors" for run in ("whole", "cut")]
        assert_equal(*(read_weights(file) for file in files))
    logs = [
        [(entry["step"], entry["psnr_y"], entry["loss"]) for entry in read_log(tmp_path / name)]
        for name in ("whole", "cut")
    ]
    assert logs[0] == logs[1]


def test_torch_s_own_errors_on_the_cpu_are_known_as_lack_of_memory():
    with pytest.raises(RuntimeError) as caught:
        torch.empty(1 << 50)
    assert is_out_of_memory(caught.value)
    assert not is_out_of_memory(RuntimeError("shape mismatch"))


@pytest.mark.skipif(not FULL_DEVICE.exists(), reason="only Linux has a device that is full")
@pytest.mark.parametrize("name", ["state/state.pt", "best.safetensors", "last.safetensors"])
def test_a_full_disk_is_said_and_what_was_kept_stays(recipe, tmp_path, monkeypatch, caplog, name):
    out = tmp_path / "out"
    evaluate, report, before, after = loop.measure, loop.report_full_disk, {}, []

    def fill(*arguments):
        (out / f"{name}.part").unlink(missing_ok=True)
        if len(before) == 1:  # at step 4
            (out / f"{name}.part").symlink_to(FULL_DEVICE)
        before[len(before)] = (out / name).read_bytes() if (out / name).exists() else b""
        return evaluate(*arguments)

    def look(*arguments, **how):
        after.append((out / name).read_bytes())
        report(*arguments, **how)

    monkeypatch.setattr(loop, "measure", fill)
    monkeypatch.setattr(loop, "report_full_disk", look)
    changes = ("data.validation=['b.mkv']", "schedule.steps=6", "schedule.evaluate_every=2")
    train(recipe(*changes), out)
    assert "step 4 is not kept in" in caplog.text
    assert "No space left on device" in caplog.text
    assert after == [before[1]] != [b""]  # at step 4 nothing could be written
    assert not list(out.rglob("*.part"))
    assert read_state(out)["step"] == 6


@pytest.mark.skipif(not FULL_DEVICE.exists(), reason="only Linux has a device that is full")
def test_a_disk_that_is_full_at_the_end_is_an_error(recipe, tmp_path):
    out = tmp_path / "out"
    out.mkdir()
    (out / "last.safetensors.part").symlink_to(FULL_DEVICE)
    with pytest.raises(SinkError, match=r"step 2 is not kept.*make room, then go on with --resume"):
        train(recipe("schedule.steps=2"), out)
    train(recipe("schedule.steps=2"), out, resume=True)
    assert read_state(out)["step"] in (0, 2)


@pytest.mark.parametrize(
    "number",
    [
        signal.SIGINT,
        pytest.param(
            getattr(signal, "SIGHUP", None),  # that of a terminal that is closed
            marks=pytest.mark.skipif(sys.platform == "win32", reason="it has no SIGHUP"),
        ),
    ],
)
def test_a_run_that_is_stopped_keeps_every_step(number, clips, tmp_path):
    out, recipe = tmp_path / "out", write_recipe(tmp_path / "tiny.toml", clips)
    status, told = stop_training(recipe, out, number)
    step = read_log(out)[-1]["step"]
    assert status == 130, told
    assert f"stopped after step {step}: --resume goes on from there" in told
    assert "Traceback" not in told
    assert read_state(out)["step"] == step > 1


def test_a_killed_run_goes_on_bit_for_bit(clips, tmp_path):
    changes = ("data.validation=['b.mkv']", FP32, "schedule.evaluate_every=3", "output.log_every=1")
    path = write_recipe(tmp_path / "tiny.toml", clips)
    out = tmp_path / "cut"
    arguments = [str(path), "--out", str(out), "--steps", "100000"]
    sets = [word for change in changes for word in ("--set", change)]
    process = subprocess.Popen(
        [sys.executable, "-m", "vsfilter_train", *arguments, *sets],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        env={**os.environ, "OMP_NUM_THREADS": str(torch.get_num_threads())},
    )
    log = out / "log.jsonl"
    while process.poll() is None and not (log.exists() and len(log.read_bytes()) > 800):
        time.sleep(0.05)
    assert process.poll() is None
    process.send_signal(signal.SIGKILL)
    process.wait()
    steps = read_state(out)["step"] + 4
    settings = read_recipe(path, changes=(*changes, "schedule.steps=100000"))
    stop_after(settings, out, steps, resume=True)
    stop_after(settings, tmp_path / "whole", steps, resume=False)
    whole, cut = read_state(tmp_path / "whole"), read_state(out)
    assert whole["step"] == cut["step"] >= 3
    for name in ("module", "average"):
        assert_equal(whole[name], cut[name])
    moments = [state["optimizer"]["state"][0]["exp_avg"] for state in (whole, cut)]
    assert torch.equal(*moments)
    assert torch.equal(whole["random"]["cpu"], cut["random"]["cpu"])
    logs = [
        [(entry["step"], entry.get("psnr_y"), entry["loss"]) for entry in read_log(folder)]
        for folder in (tmp_path / "whole", out)
    ]
    assert logs[0] == logs[1]
    for name in ("best", "last"):
        files = [folder / f"{name}.safetensors" for folder in (tmp_path / "whole", out)]
        assert_equal(*(read_weights(file) for file in files))


def stop_after(settings, out, steps, *, resume):
    """Train a long schedule up to a step."""
    rate = loop.learning_rate

    def stop(step, schedule):
        if step == steps:
            raise KeyboardInterrupt
        return rate(step, schedule)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(loop, "learning_rate", stop)
        with pytest.raises(KeyboardInterrupt):
            train(settings, out, resume=resume)


def test_a_state_of_an_older_version_is_read(recipe, tmp_path):
    train(recipe("schedule.steps=2", "schedule.evaluate_every=1"), tmp_path / "out")
    path = tmp_path / "out" / "state" / "state.pt"
    old = ("module", "average", "optimizer", "step", "best_psnr")
    torch.save({key: read_state(tmp_path / "out")[key] for key in old}, path)
    train(recipe("schedule.steps=4", "schedule.evaluate_every=1"), tmp_path / "out", resume=True)
    steps = [entry["step"] for entry in read_log(tmp_path / "out")]
    assert steps == [1, 2, 3, 4]


def test_a_clip_that_is_smaller_than_the_number_of_samples_is_repeated(recipe, tmp_path):
    changes = ("data.validation=['b.mkv', 'c.mkv']", "data.batch=7", "schedule.steps=1")
    train(recipe(*changes), tmp_path / "out")
    assert read_weights(tmp_path / "out" / "best.safetensors")


def test_a_run_that_is_stopped_after_a_bad_step_keeps_the_good_ones(recipe, tmp_path, monkeypatch):
    spoil(monkeypatch, lambda call: call == 6)
    noted, event = [], Records.event

    def ask_to_stop(records, step, what):
        noted.append(step)
        event(records, step, what)
        signal.raise_signal(signal.SIGINT)

    monkeypatch.setattr(Records, "event", ask_to_stop)
    with pytest.raises(KeyboardInterrupt):
        train(recipe("schedule.evaluate_every=100", "schedule.steps=50"), tmp_path / "out")
    state = read_state(tmp_path / "out")
    assert noted == [6]
    assert (state["step"], state["bad_steps"]) == (7, 1)


def test_a_disk_that_goes_away_costs_no_step(tmp_path, recipe, monkeypatch, caplog):
    step_of = Records.step

    def take_the_disk_away(records, step, **values):
        step_of(records, step, **values)
        if step == 3:
            shutil.rmtree(tmp_path / "gt")

    for name in ("000", "001"):
        write_pictures(tmp_path / "gt" / name, make_frames(count=4))
    monkeypatch.setattr(Records, "step", take_the_disk_away)
    folder = f"data.folder='{(tmp_path / 'gt').as_posix()}'"
    settings = recipe(folder, "data.memory_gb=0", "schedule.evaluate_every=100")
    caplog.set_level("INFO")
    with pytest.raises(SourceError, match="is the disk still there"):
        train(settings, tmp_path / "out")
    step = read_state(tmp_path / "out")["step"]
    assert step >= 3
    assert f"stopped after step {step}: --resume goes on from there" in caplog.text


def test_a_black_clip_makes_no_mean_infinite():
    assert mean_over_clips([30.0, math.inf, 32.0], torch.device("cpu")) == 31
    assert mean_over_clips([math.inf], torch.device("cpu")) == math.inf
