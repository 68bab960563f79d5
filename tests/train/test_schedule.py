import errno
import logging

import pytest
import torch

from tests.train.tiny import EDVR, events, read_log, read_state, read_weights, write_recipe
from vsfilter.errors import OptionError
from vsfilter_train import objectives, records
from vsfilter_train import train as loop
from vsfilter_train.network import make_module, make_optimizer, set_learning
from vsfilter_train.recipe import read_recipe
from vsfilter_train.schedule import ScheduleSettings, learning_rate
from vsfilter_train.train import train


@pytest.fixture(autouse=True)
def quiet(caplog):
    caplog.set_level(logging.WARNING)


@pytest.fixture
def recipe(clips, tmp_path):
    path = write_recipe(tmp_path / "tiny.toml", clips)
    return lambda *changes: read_recipe(path, changes=changes)


def rates(**changes):
    schedule = ScheduleSettings(rate=1.0, warmup=0, **changes)
    return [learning_rate(step, schedule) for step in range(schedule.steps)]


def test_a_cosine_with_restarts_begins_each_period_at_its_own_rate():
    curve = rates(steps=300, periods=(100, 200), restarts=(1.0, 0.5), floor=0.1)
    assert (curve[0], curve[100]) == (1.0, 0.5)
    assert curve[50] == pytest.approx(0.55)
    assert curve[99] == pytest.approx(0.1, abs=1e-3)
    assert curve[299] == pytest.approx(0.05, abs=1e-3)
    assert curve[:100] == sorted(curve[:100], reverse=True)


def test_steps_fall_at_their_milestones():
    curve = rates(steps=10, curve="steps", milestones=(4, 8), gamma=0.5)
    assert curve == [1.0] * 4 + [0.5] * 4 + [0.25] * 2


def test_a_constant_rate_stays():
    assert set(rates(steps=5, curve="constant")) == {1.0}


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"curve": "linear"}, "curve is 'linear': give one of cosine, steps, constant"),
        ({"periods": (3, 3)}, "periods have 6 steps: give 10"),
        ({"periods": (5, 5), "restarts": (1.0,)}, "restarts has 1 numbers"),
        ({"first_only": "fusion"}, "first_only is 'fusion' for 0 steps: give both"),
        ({"milestones": (5,)}, r'milestones is \(5,\): give curve = "steps" with it'),
        ({"periods": (5, 5), "curve": "constant"}, 'give curve = "cosine" with it'),
        ({"periods": (5, 5), "restarts": (1.0, -1.0)}, "restarts is .*: give numbers above 0"),
        ({"rate": float("inf")}, "rate is inf: give a finite number"),
        ({"precision": "fp8"}, "precision is 'fp8': give one of fp32, bf16, fp16"),
        ({"floor": 2.0}, "floor is 2.0"),
        ({"seed": -1}, r"seed is -1: give 0 to 2\^64 - 1"),
        ({"seed": 2**64}, r"seed is 18446744073709551616: give 0 to"),
    ],
)
def test_a_schedule_that_cannot_be_is_refused(changes, reason):
    with pytest.raises(OptionError, match=reason):
        ScheduleSettings(steps=10, **changes)


def test_steps_in_which_nothing_learns_are_refused(recipe, tmp_path):
    changes = (
        "schedule.first_only=spynet",
        "schedule.first_only_steps=4",
        "schedule.flow_frozen_steps=2",
    )
    with pytest.raises(OptionError, match="nothing learns in step 0"):
        train(recipe(*changes), tmp_path / "out")
    assert not (tmp_path / "out").exists()


def test_a_part_that_belongs_to_the_flow_is_refused(recipe, tmp_path):
    with pytest.raises(OptionError, match=r"set schedule\.flow_rate_factor"):
        train(recipe("parts=[{name='spynet.basic', factor=0.1}]"), tmp_path / "out")


def test_a_full_disk_ends_tensorboard_but_no_training(recipe, tmp_path, monkeypatch, caplog):
    def fill(*_, **__):
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr("torch.utils.tensorboard.SummaryWriter.add_scalar", fill)
    changes = ("schedule.steps=2", "output.tensorboard=true", "output.log_every=1")
    train(recipe(*changes), tmp_path / "out")
    assert read_weights(tmp_path / "out" / "last.safetensors")
    assert "TensorBoard is told no more: No space left on device" in caplog.text


PART = "parts=[{name='dcn', factor=0.1, frozen_steps=2}]"


def test_parts_have_rates_of_their_own(recipe):
    settings = recipe(*EDVR, PART)
    module, _ = make_module(settings)
    rest, dcn = make_optimizer(module, settings).param_groups
    assert (rest["factor"], dcn["factor"]) == (1.0, 0.1)
    names = {id(parameter): name for name, parameter in module.named_parameters()}
    assert all("dcn" in names[id(parameter)] for parameter in dcn["params"])
    assert len(rest["params"]) + len(dcn["params"]) == len(names)
    assert not any("dcn" in names[id(parameter)] for parameter in rest["params"])


def test_a_part_that_the_network_does_not_have_is_refused(recipe):
    for change in (
        "parts=[{name='dnc'}]",
        "schedule={steps=2, first_only='dnc', first_only_steps=1}",
    ):
        settings = recipe(change)
        with pytest.raises(OptionError, match="no parameter of the model has 'dnc' in its path"):
            make_optimizer(make_module(settings)[0], settings)


def changed(recipe, tmp_path, steps, *changes):
    """Train; give the first words of the paths that have changed since the first state."""
    settings = recipe("data.validation=[]", *changes)
    torch.manual_seed(settings.schedule.seed)
    before = make_module(settings)[0].state_dict()
    train(settings, tmp_path / str(steps))
    after = read_state(tmp_path / str(steps))["module"]
    return {key for key in before if not torch.equal(before[key], after[key])}


def test_the_flow_is_frozen_at_first(recipe, tmp_path):
    for steps, learns in ((2, False), (3, True)):
        changes = (f"schedule.steps={steps}", "schedule.flow_frozen_steps=2")
        moved = changed(recipe, tmp_path, steps, *changes)
        assert any("fusion" in key for key in moved)
        assert any("spynet" in key for key in moved) == learns


def test_a_part_learns_alone_at_first(recipe, tmp_path):
    design = (
        "model.options={channels=8, frames=3, groups=2, extract_blocks=1, reconstruct_blocks=1}"
    )
    settings = recipe(
        EDVR[0], design, "schedule.first_only='fusion'", "schedule.first_only_steps=2", PART
    )
    module, _ = make_module(settings)
    learning = []
    for step in range(3):
        set_learning(module, step, settings)
        learning.append({n for n, p in module.named_parameters() if p.requires_grad})
    assert all("fusion" in name for name in learning[0] | learning[1])
    assert learning[2] == {name for name, _ in module.named_parameters()}


@pytest.mark.parametrize("precision", ["fp32", "fp16"])
def test_other_precisions_lower_the_loss_too(recipe, tmp_path, precision):
    changes = (f"schedule.precision={precision}", "schedule.steps=16", "output.log_every=1")
    train(recipe("data.validation=[]", *changes), tmp_path / "out")
    losses = [entry["loss"] for entry in read_log(tmp_path / "out") if "gradient" in entry]
    assert sum(losses[-4:]) < 0.9 * sum(losses[:4])
    assert not events(tmp_path / "out")
    assert ("scaler" in read_state(tmp_path / "out")["others"]) == (precision == "fp16")


def test_the_last_evaluations_are_kept_by_the_number_of_their_step(recipe, tmp_path):
    changes = ("schedule.steps=5", "schedule.evaluate_every=1", "output.keep_last=2")
    train(recipe(*changes), tmp_path / "out")
    names = sorted(path.name for path in (tmp_path / "out").glob("*.safetensors"))
    assert names == [
        "best.safetensors",
        "last.safetensors",
        "step_00000004.safetensors",
        "step_00000005.safetensors",
    ]


def test_the_log_tells_loss_rate_and_gradient(recipe, tmp_path):
    changes = ("schedule.steps=4", "output.log_every=2", "schedule.curve=constant")
    train(recipe(*changes), tmp_path / "out")
    lines = [entry for entry in read_log(tmp_path / "out") if "gradient" in entry]
    assert [(entry["step"], entry["rate"]) for entry in lines] == [(2, 4e-3), (4, 4e-3)]
    assert all(entry["gradient"] > 0 for entry in lines)


def test_tensorboard_gets_scalars_and_pictures(recipe, tmp_path):
    from tensorboard.backend.event_processing.event_accumulator import EventAccumulator

    changes = ("schedule.steps=4", "schedule.evaluate_every=2", "output.tensorboard=true")
    train(recipe("output.log_every=1", *changes), tmp_path / "out")
    board = EventAccumulator(str(tmp_path / "out" / "tensorboard")).Reload()
    assert [point.step for point in board.Scalars("loss")] == [1, 2, 3, 4]
    assert {"rate", "gradient", "psnr_y"} <= set(board.Tags()["scalars"])
    pictures = board.Images("validation")
    assert [picture.step for picture in pictures] == [2, 4]
    assert (pictures[0].width, pictures[0].height) == (3 * 88, 72)


def test_tensorboard_that_is_missing_is_said_before_training(recipe, tmp_path, monkeypatch):
    monkeypatch.setitem(__import__("sys").modules, "torch.utils.tensorboard", None)
    with pytest.raises(OptionError, match=r"pip install vsfilter\[tensorboard\]"):
        train(recipe("output.tensorboard=true"), tmp_path / "out")


def test_a_terminal_sees_how_long_it_takes(recipe, tmp_path, monkeypatch, capsys):
    monkeypatch.setattr(records.sys.stderr, "isatty", lambda: True, raising=False)
    train(recipe("schedule.steps=2"), tmp_path / "out")
    shown = capsys.readouterr().err
    assert "1/2, loss 0." in shown
    assert "min left" in shown


SIZES = "channels=8, frames=3, groups=2, extract_blocks=1"
SHALLOW = f"model.options={{{SIZES}, reconstruct_blocks=2, has_tsa=false}}"
DEEP = f"model.options={{{SIZES}, reconstruct_blocks=5}}"


def test_a_deeper_network_starts_from_a_shallower_one_by_repeating_its_blocks(
    recipe, tmp_path, monkeypatch, caplog
):
    train(recipe(EDVR[0], SHALLOW, "schedule.steps=1"), tmp_path / "shallow")
    best = tmp_path / "shallow" / "best.safetensors"
    begun = []
    monkeypatch.setattr(loop, "_run", lambda training, *rest: begun.append(training))
    caplog.set_level(logging.INFO)
    train(recipe(EDVR[0], DEEP, f"model.start='{best.as_posix()}'"), tmp_path / "deep")
    shallow, deep = read_weights(best), begun[0].state.module.state_dict()
    for block in range(5):
        key = "reconstruction.{}.conv1.weight"
        assert torch.equal(deep[key.format(block)], shallow[key.format(block % 2)])
    assert torch.equal(deep["tail.conv_last.weight"], shallow["tail.conv_last.weight"])
    assert "; new: features.fusion\n" in caplog.text
    average = begun[0].state.average.module.state_dict()
    assert torch.equal(average["tail.conv_last.weight"], shallow["tail.conv_last.weight"])


def test_a_part_of_the_network_starts_from_weights_that_are_that_part(
    recipe, tmp_path, monkeypatch, caplog
):
    train(recipe("schedule.steps=1"), tmp_path / "clean")
    best = tmp_path / "clean" / "best.safetensors"
    begun = []
    monkeypatch.setattr(loop, "_run", lambda training, *rest: begun.append(training))
    caplog.set_level(logging.INFO)
    real = (
        "model.backend=realbasicvsr",
        "model.options.cleaning_channels=8",
        "model.options.cleaning_blocks=1",
        f"model.start='{best.as_posix()}'",
    )
    train(recipe(*real), tmp_path / "real")
    network = begun[0].state.module.state_dict()
    for key, tensor in read_weights(best).items():
        assert torch.equal(network[f"basicvsr.{key}"], tensor)
    assert "; new: image_cleaning\n" in caplog.text


def test_a_start_of_another_width_is_refused(recipe, tmp_path):
    train(recipe("schedule.steps=1"), tmp_path / "narrow")
    best = (tmp_path / "narrow" / "best.safetensors").as_posix()
    with pytest.raises(OptionError, match=r"start is .* but the recipe's network has \[16"):
        train(recipe("model.options.channels=16", f"model.start='{best}'"), tmp_path / "wide")


def test_weights_of_another_scale_are_a_start_without_their_tail(recipe, tmp_path, monkeypatch):
    train(recipe("schedule.steps=1"), tmp_path / "four")
    best = tmp_path / "four" / "best.safetensors"
    begun = []
    monkeypatch.setattr(loop, "_run", lambda training, *rest: begun.append(training))
    two = ("model.options.scale=2", f"model.start='{best.as_posix()}'")
    with pytest.raises(OptionError, match=r"'tail\..+ or leave it out by start_without"):
        train(recipe(*two), tmp_path / "two")
    with pytest.raises(OptionError, match="start_without has 'head', which is in none"):
        train(recipe(*two, "model.start_without=['head']"), tmp_path / "two")
    train(recipe(*two, "model.start_without=['tail']"), tmp_path / "two")
    network = begun[0].state.module.state_dict()
    for key, tensor in read_weights(best).items():
        assert torch.equal(network[key], tensor) == (not key.startswith("tail."))


def test_only_the_middle_frame_counts_where_the_recipe_says_so(recipe, tmp_path, monkeypatch):
    seen, charbonnier = [], objectives.charbonnier

    def watch(output, target, *, epsilon):
        seen.append((tuple(output.shape), tuple(target.shape), epsilon))
        return charbonnier(output, target, epsilon=epsilon)

    monkeypatch.setattr(objectives, "charbonnier", watch)
    changes = ("loss.centre=true", "loss.epsilon=0.01", "schedule.steps=1")
    train(recipe(*EDVR, *changes), tmp_path / "out")
    assert seen == [((2, 1, 3, 64, 64), (2, 1, 3, 64, 64), 0.01)]
