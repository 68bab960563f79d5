import json
import logging
import math
import shutil
from dataclasses import replace
from pathlib import Path

import pytest
import torch
from torch import nn
from torch.optim.swa_utils import AveragedModel

import vsfilter
from tests.fresh_python import run, run_code
from tests.train.tiny import assert_equal, read_log, read_state, read_weights, write_recipe
from vsfilter.discovery import find_backend
from vsfilter.errors import (
    OptionError,
    PluginError,
    SinkError,
    SinkExistsError,
    SourceError,
    WeightsError,
)
from vsfilter.file_lock import FileLock
from vsfilter.weights import read_checkpoint
from vsfilter_train import network, objectives
from vsfilter_train import train as loop
from vsfilter_train.average import make_average, soon
from vsfilter_train.recipe import read_recipe
from vsfilter_train.recipe_changes import list_changes
from vsfilter_train.schedule import learning_rate
from vsfilter_train.train import train


@pytest.fixture
def recipe_file(clips, tmp_path):
    return write_recipe(tmp_path / "tiny.toml", clips)


@pytest.fixture
def recipe(recipe_file):
    """Make the recipe with some settings changed."""
    return lambda *changes: read_recipe(recipe_file, changes=changes)


def test_twenty_steps_lower_the_loss(recipe, tmp_path):
    train(recipe("data.validation=[]", "schedule.evaluate_every=1"), tmp_path / "out")
    log = read_log(tmp_path / "out")
    losses = [entry["loss"] for entry in log]
    assert [entry["step"] for entry in log] == list(range(1, 21))
    assert sum(losses[-5:]) < 0.9 * sum(losses[:5])


def test_the_best_weights_are_those_with_the_best_picture(recipe, tmp_path):
    train(recipe("schedule.steps=6", "schedule.evaluate_every=2"), tmp_path / "out")
    best = max(read_log(tmp_path / "out"), key=lambda entry: entry["psnr_y"])
    metrics = read_checkpoint(tmp_path / "out" / "best.safetensors").header["metrics"]
    assert metrics == {"step": best["step"], "validation_psnr_y": round(best["psnr_y"], 3)}


def test_a_resumed_run_equals_an_uninterrupted_one_bit_for_bit(recipe, tmp_path, monkeypatch):
    train(recipe(), tmp_path / "whole")

    def stop_at_13(step, schedule):
        if step == 13:
            raise KeyboardInterrupt
        return learning_rate(step, schedule)

    with monkeypatch.context() as patch:
        patch.setattr(loop, "learning_rate", stop_at_13)
        with pytest.raises(KeyboardInterrupt):
            train(recipe(), tmp_path / "cut")
    assert read_log(tmp_path / "cut")[-1]["step"] == 10
    torch.rand(7)  # whatever else happens to the random state in between
    train(recipe(), tmp_path / "cut", resume=True)
    for name in ("last.safetensors", "best.safetensors"):
        assert_equal(read_weights(tmp_path / "whole" / name), read_weights(tmp_path / "cut" / name))
    logs = [
        [(entry["step"], entry["loss"], entry["psnr_y"]) for entry in read_log(tmp_path / name)]
        for name in ("whole", "cut")
    ]
    assert logs[0] == logs[1]


def test_the_same_recipe_trains_the_same_weights_and_another_seed_does_not(recipe, tmp_path):
    for name, seed in (("a", 0), ("b", 0), ("c", 1)):
        train(recipe("schedule.steps=2", f"schedule.seed={seed}"), tmp_path / name)
    a, b, c = (read_weights(tmp_path / name / "last.safetensors") for name in "abc")
    assert_equal(a, b)
    assert not torch.equal(a["fusion.weight"], c["fusion.weight"])


def test_the_weights_load_and_tell_what_made_them(recipe, tmp_path):
    settings = recipe("schedule.steps=2")
    train(settings, tmp_path / "out")
    best = tmp_path / "out" / "best.safetensors"
    model = vsfilter.load(weights=best, device="cpu", precision="fp32")
    assert model.restore(torch.rand(2, 3, 8, 12)).shape == (2, 3, 32, 48)
    header = read_checkpoint(best).header
    assert (header["name"], header["scale"], header["licence"]) == ("tiny", 4, "CC0-1.0")
    assert header["data"] == ["a.mkv", "c.mkv"]
    assert len(header["data_hash"]) == 64
    assert header["metrics"]["step"] == 2
    expected = json.loads(json.dumps(settings.as_dict()))
    expected["data"]["folder"] = Path(settings.data.folder).name  # no path of this machine
    assert header["recipe"] == expected


def test_training_needs_no_validation_clips(recipe, tmp_path):
    train(recipe("data.validation=[]", "schedule.steps=1"), tmp_path / "out")
    assert read_weights(tmp_path / "out" / "best.safetensors")


def spoil(monkeypatch, step, value=float("nan")):
    """Make the loss of one step not finite."""
    steps = iter(range(1000))
    charbonnier = objectives.charbonnier
    monkeypatch.setattr(
        objectives,
        "charbonnier",
        lambda *clips, **how: charbonnier(*clips, **how) * (value if next(steps) == step else 1),
    )


@pytest.mark.parametrize("value", [float("nan"), float("inf")])
def test_a_step_whose_loss_is_not_finite_changes_no_weights(
    recipe, tmp_path, monkeypatch, caplog, value
):
    # the first step stays in both runs; the rate of a step does not depend on other steps
    train(recipe("schedule.steps=2", "schedule.evaluate_every=1"), tmp_path / "good")
    with monkeypatch.context() as patch:
        spoil(patch, 1, value)
        train(recipe("schedule.steps=2", "schedule.evaluate_every=1"), tmp_path / "spoilt")
    assert "step 1 skipped: loss" in caplog.text
    monkeypatch.setattr(loop, "learning_rate", stop_after_one_step)
    with pytest.raises(KeyboardInterrupt):
        train(recipe("schedule.steps=2", "schedule.evaluate_every=1"), tmp_path / "one")
    states = {name: read_module(tmp_path / name) for name in ("good", "spoilt", "one")}
    assert_equal(states["spoilt"], states["one"])
    assert not torch.equal(states["good"]["fusion.weight"], states["one"]["fusion.weight"])
    assert read_log(tmp_path / "spoilt")[-1]["loss"] is None


def stop_after_one_step(step, schedule):
    if step == 1:
        raise KeyboardInterrupt
    return learning_rate(step, schedule)


def read_module(folder):
    return torch.load(folder / "state" / "state.pt", weights_only=True)["module"]


def test_the_weights_are_saved_even_when_the_last_step_is_skipped(recipe, tmp_path, monkeypatch):
    spoil(monkeypatch, 4)
    train(recipe("schedule.steps=5"), tmp_path / "out")
    assert all(
        tensor.isfinite().all()
        for tensor in read_weights(tmp_path / "out" / "last.safetensors").values()
    )


def test_a_run_that_skips_a_step_that_is_evaluated_still_keeps_its_state(
    recipe, tmp_path, monkeypatch
):
    spoil(monkeypatch, 1)
    train(recipe("schedule.evaluate_every=2", "schedule.steps=3"), tmp_path / "out")
    assert [entry["step"] for entry in read_log(tmp_path / "out")] == [1, 2, 3]


def test_the_flow_learns_alone_at_first(recipe, tmp_path):
    train(recipe("schedule.steps=3", "schedule.flow_steps=3"), tmp_path / "flow")
    train(recipe("schedule.steps=1", "schedule.rate=1e-30"), tmp_path / "still")
    flow = read_weights(tmp_path / "flow" / "last.safetensors")
    still = read_weights(tmp_path / "still" / "last.safetensors")
    changed = {key.partition(".")[0] for key in flow if not torch.equal(flow[key], still[key])}
    assert changed == {"spynet"}


def test_the_average_begins_anew_after_the_flow_s_own_steps(recipe, tmp_path, monkeypatch):
    # no evaluation falls on the last of the flow's steps
    seen = []
    update = AveragedModel.update_parameters

    def watch(self, module):
        update(self, module)
        weight = "spynet.basic_module.0.basic_module.0.weight"
        seen.append(
            torch.dist(self.module.state_dict()[weight], module.state_dict()[weight]).item()
        )

    monkeypatch.setattr(AveragedModel, "update_parameters", watch)
    changes = ("schedule.steps=6", "schedule.flow_steps=3", "schedule.average=0.999")
    train(recipe(*changes, "schedule.flow_rate_factor=0"), tmp_path / "out")
    assert seen[1] > 0
    assert seen[-1] == 0


def test_the_average_soon_forgets_the_first_weights():
    module = nn.Linear(1, 1, bias=False)
    average = make_average(module, 0.999)
    for value in (0.0, *[1.0] * 50):
        nn.init.constant_(module.weight, value)
        average.update_parameters(module)
    assert average.module.weight.item() == pytest.approx(1, abs=1e-6)
    assert [soon(0.999, count) for count in (0, 90, 10**6)] == [0.1, 0.91, 0.999]
    assert soon(0.5, 90) == 0.5


def test_the_rate_rises_then_falls_in_each_phase(recipe):
    schedule = recipe(
        "schedule.steps=300", "schedule.flow_steps=100", "schedule.warmup=10"
    ).schedule
    rates = [learning_rate(step, schedule) for step in range(300)]
    for first, last in ((0, 99), (100, 299)):
        peak = max(rates[first : last + 1])
        assert rates[first] == pytest.approx(peak / 10, rel=0.05)
        assert schedule.rate * 0.95 < peak <= schedule.rate
        assert rates[last] == pytest.approx(schedule.rate / 100, rel=0.1)
    assert all(math.isfinite(rate) and rate > 0 for rate in rates)


@pytest.mark.parametrize(
    ("changes", "kind", "reason"),
    [
        (["model.backend=bicubic"], OptionError, "'bicubic' cannot be trained"),
        (["model.backend=vanished"], PluginError, "unknown model 'vanished'"),
        (["model.options.strides=2"], OptionError, "no option 'strides'"),
        (["model.options.channels=eight"], OptionError, "channels is 'eight'"),
        (["data.folder=/nowhere"], SourceError, "does not exist"),
        (["data.validation=['z.mkv']"], OptionError, r"z\.mkv"),
        (["data.patch=99"], OptionError, "no clip has"),
        (["data.validation=['a.mkv', 'b.mkv', 'c.mkv']"], OptionError, "no clip"),
    ],
)
def test_a_training_that_cannot_begin_says_why_and_writes_nothing(
    recipe, tmp_path, changes, kind, reason
):
    with pytest.raises(kind, match=reason):
        train(recipe(*changes), tmp_path / "out")
    assert not list(tmp_path.rglob("*.safetensors"))


def test_a_network_that_does_not_tell_its_scale_is_refused(recipe, tmp_path, monkeypatch):
    silent = replace(network.find_backend("basicvsr"), create=lambda **options: torch.nn.Identity())
    monkeypatch.setattr(network, "find_backend", lambda name: silent)
    with pytest.raises(PluginError, match="'basicvsr' makes a module whose scale is None"):
        train(recipe(), tmp_path / "out")


def test_a_network_of_another_scale_gets_clips_that_fit(recipe, tmp_path):
    train(recipe("model.options.scale=2", "schedule.steps=1"), tmp_path / "out")
    assert read_checkpoint(tmp_path / "out" / "best.safetensors").header["scale"] == 2


def test_resuming_without_a_state_or_with_another_recipe_is_refused(recipe, tmp_path):
    with pytest.raises(WeightsError, match="does not exist: start without --resume"):
        train(recipe(), tmp_path / "out", resume=True)
    train(recipe("schedule.steps=1"), tmp_path / "out")
    with pytest.raises(WeightsError, match="is of another recipe"):
        train(recipe("model.options.channels=16"), tmp_path / "out", resume=True)


def test_a_training_goes_on_with_settings_that_have_changed_and_says_which(
    recipe, tmp_path, monkeypatch, caplog
):
    caplog.set_level(logging.INFO)
    out, factors = tmp_path / "out", []
    train(recipe("schedule.steps=2", "data.validation=[]"), out)
    set_rates = loop.set_rates

    def spy(optimizer, rate, **how):
        set_rates(optimizer, rate, **how)
        factors.append([(g["lr"] / rate, g["betas"]) for g in optimizer.param_groups])

    monkeypatch.setattr(loop, "set_rates", spy)
    other = ("schedule.flow_rate_factor=0.5", "schedule.betas=[0.5, 0.9]")
    train(recipe("schedule.steps=3", "data.validation=[]", *other), out, resume=True)
    assert factors == [[(1.0, (0.5, 0.9)), (0.5, (0.5, 0.9))]]
    schedule = read_checkpoint(out / "last.safetensors").header["recipe"]["schedule"]
    assert (schedule["flow_rate_factor"], schedule["betas"]) == (0.5, [0.5, 0.9])
    told = "schedule.betas [0.9, 0.99] -> [0.5, 0.9], schedule.flow_rate_factor 0.25 -> 0.5"
    assert f"goes on with other settings than before: {told}, schedule.steps 2 -> 3" in caplog.text
    caplog.clear()
    train(recipe("schedule.steps=3", "data.validation=[]", *other), out, resume=True)
    assert "other settings" not in caplog.text


def test_of_settings_that_are_long_or_new_only_what_can_be_told_is_told():
    before = {"name": "a", "degradations": [{"kind": "blur"}], "sharpen": None}
    now = {"name": "a", "degradations": [{"kind": "noise", "x": "y" * 40}], "sharpen": {"size": 3}}
    assert list_changes(before, now) == [
        "degradations",
        "sharpen.size null -> 3",
    ]


def test_a_damaged_state_is_refused_in_one_line(recipe, tmp_path):
    train(recipe("schedule.steps=1"), tmp_path / "out")
    state = tmp_path / "out" / "state" / "state.pt"
    state.write_bytes(state.read_bytes()[:1000])
    with pytest.raises(WeightsError, match=r"state\.pt' is damaged") as caught:
        train(recipe(), tmp_path / "out", resume=True)
    assert "\n" not in str(caught.value)


def test_weights_without_a_state_are_not_trained_over(recipe, tmp_path):
    out = tmp_path / "out"
    train(recipe("schedule.steps=1"), out)
    shutil.rmtree(out / "state")
    before = contents(out)
    with pytest.raises(SinkExistsError, match=r"holds weights of a training \(best"):
        train(recipe("schedule.steps=1"), out)
    assert contents(out) == before


def test_a_folder_in_which_a_training_is_under_way_is_refused(recipe, tmp_path):
    out = tmp_path / "out"
    train(recipe("schedule.steps=1"), out)
    with (
        FileLock(out / "state" / "lock"),
        pytest.raises(SinkError, match="a training is under way"),
    ):
        train(recipe("schedule.steps=2"), out, resume=True)


def test_the_best_weights_are_anew_where_validation_is_another_one(recipe, tmp_path):
    out = tmp_path / "out"
    train(recipe("schedule.steps=1", "schedule.evaluate_every=1"), out)
    content = read_state(out)
    torch.save({**content, "best_psnr": 99.0}, out / "state" / "state.pt")
    changes = ("schedule.steps=2", "schedule.evaluate_every=1")
    train(recipe(*changes, "data.validation_frames=2"), out, resume=True)
    assert read_state(out)["best_psnr"] < 99


def test_the_scale_of_fp16_begins_anew_in_a_training_of_another_precision(recipe, tmp_path):
    out = tmp_path / "out"
    train(recipe("schedule.steps=1"), out)
    train(recipe("schedule.steps=2", "schedule.precision=fp16"), out, resume=True)
    assert read_state(out)["others"]["scaler"]["scale"] > 0


def test_a_folder_that_holds_a_training_is_not_trained_into_again(recipe, recipe_file, tmp_path):
    out = tmp_path / "out"
    train(recipe("schedule.steps=3"), out)
    before = contents(out)
    reason = r"out' holds a training of 3 steps: go on with --resume, or give another --out"
    with pytest.raises(SinkExistsError, match=reason):
        train(recipe("schedule.steps=2"), out)
    done = run("-m", "vsfilter_train", str(recipe_file), "--out", str(out))
    assert done.returncode == 1
    assert "holds a training of 3 steps" in done.stderr
    assert len(done.stderr.splitlines()) == 1
    assert contents(out) == before


def contents(folder):
    return {path: path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def test_a_finished_run_that_is_resumed_changes_nothing(recipe, tmp_path):
    train(recipe("schedule.steps=1"), tmp_path / "out")
    before = read_weights(tmp_path / "out" / "last.safetensors")
    train(recipe("schedule.steps=1"), tmp_path / "out", resume=True)
    assert_equal(before, read_weights(tmp_path / "out" / "last.safetensors"))
    assert len(read_log(tmp_path / "out")) == 1


def test_the_module_has_a_command_line():
    done = run("-m", "vsfilter_train", "--help")
    assert done.returncode == 0
    assert "--resume" in done.stdout
    assert "recipe" in done.stdout.lower()


def test_a_dry_run_prints_the_recipe_and_trains_nothing(recipe_file, tmp_path):
    out = tmp_path / "out"
    arguments = [str(recipe_file), "--out", str(out), "--steps", "7", "--set", "data.batch=3"]
    done = run("-m", "vsfilter_train", *arguments, "--dry-run")
    assert done.returncode == 0, done.stderr
    printed = json.loads(done.stdout)
    assert (printed["schedule"]["steps"], printed["data"]["batch"]) == (7, 3)
    assert not out.exists()


def test_a_failure_is_one_line(recipe_file, tmp_path):
    arguments = [str(recipe_file), "--out", str(tmp_path / "out"), "--set", "data.bach=3"]
    done = run("-m", "vsfilter_train", *arguments)
    assert done.returncode == 1
    assert done.stderr.startswith("error: ")
    assert "did you mean 'batch'?" in done.stderr
    assert len(done.stderr.splitlines()) == 1


@pytest.fixture(autouse=True)
def quiet(caplog):
    caplog.set_level(logging.WARNING)


def test_a_machine_without_av_and_vapoursynth_trains(tmp_path, recipe_file):
    """As machines that are lent for their GPU often are; the weights are those of any other."""
    out = tmp_path / "out"
    code = f"""
        import sys
        sys.modules["av"] = sys.modules["vapoursynth"] = sys.modules["psutil"] = None
        from pathlib import Path
        from vsfilter_train.recipe import read_recipe
        from vsfilter_train.train import train
        recipe = read_recipe(Path({str(recipe_file)!r}), changes=("schedule.steps=10",))
        train(recipe, Path({str(out)!r}))
    """
    run_code(code)
    assert (out / "best.safetensors").is_file()


def test_a_network_that_wants_multiples_gets_them(recipe, tmp_path, monkeypatch):
    asked = find_backend("basicvsr")
    for module in (network, loop):
        monkeypatch.setattr(module, "find_backend", lambda name: replace(asked, multiple=8))
    with pytest.raises(OptionError, match="patch is 12: model 'basicvsr' wants multiples of 8 px"):
        train(recipe("data.patch=12"), tmp_path / "out")
    sides = []
    monkeypatch.setattr(loop, "validate", lambda module, pairs, precision: sides.extend(pairs) or 1)
    train(recipe("schedule.steps=1"), tmp_path / "out")
    assert {(pair.low.shape[1:3], pair.high.shape[1:3]) for pair in sides} == {((16, 16), (64, 64))}


def test_a_dry_run_refuses_what_the_model_does_not_know(recipe_file):
    done = run("-m", "vsfilter_train", str(recipe_file), "--dry-run", "--set", "model.backend=none")
    assert done.returncode == 1
    assert "unknown model 'none'" in done.stderr
