import json
import logging

import numpy as np
import pytest
import torch

import vsfilter
from vsfilter.errors import OptionError
from vsfilter.weights import read_checkpoint
from vsfilter_train import train as loop
from vsfilter_train.clips import open_clip
from vsfilter_train.degraded_data import DegradedSamples, load_degraded_data
from vsfilter_train.losses import cleaning_error, colour_shift, missing_detail, shrunk
from vsfilter_train.network import make_module
from vsfilter_train.objectives import restoration_loss
from vsfilter_train.paired_clip import PairedClip
from vsfilter_train.pairs import read_pairs
from vsfilter_train.recipe import read_recipe
from vsfilter_train.samples import Samples
from vsfilter_train.settings import LossSettings
from vsfilter_train.train import train

RECIPE = """
name = "tiny"
summary = "for tests"
degradation = "real"
licence = "CC0-1.0"

[model]
backend = "realbasicvsr"

[model.options]
cleaning_channels = 8
cleaning_blocks = 1
channels = 8
blocks = 1
tail_width = 0
flow_levels = 2
flow_widths = [8]
flow_kernel = 3
flow_finest = 1

[data]
folder = "{folder}"
validation = ["b.mkv"]
patch = 16
frames = 2
mirror = true
batch = 2

[schedule]
steps = 20
rate = 4e-3
warmup = 1
average = 0.8
evaluate_every = 10

[loss]
cleaning = 1

[sharpen]

[[degradations]]
kind = "blur"

[[degradations]]
kind = "noise"
gaussian_sigma = [1, 10]
poisson_scale = [0.05, 0.5]

[[degradations]]
kind = "video_compression"
area = 4096

[[degradations]]
kind = "resize_to"
"""


@pytest.fixture(autouse=True)
def quiet(caplog):
    caplog.set_level(logging.WARNING)


@pytest.fixture
def recipe(clips, tmp_path):
    """Make the recipe with some settings changed."""
    path = tmp_path / "tiny.toml"
    path.write_text(RECIPE.format(folder=clips))
    return lambda *changes: read_recipe(path, changes=changes)


def make_samples(recipe, clips):
    data = recipe.data
    samples = Samples(
        read_pairs([PairedClip(high=open_clip(clips / "a.mkv"))], scale=1),
        side=4 * data.patch,
        frames=data.frames,
        batch=data.batch,
        seed=recipe.schedule.seed,
    )
    return DegradedSamples(samples, recipe, scale=4)


def same(a, b):
    return torch.equal(a.low, b.low) and torch.equal(a.high, b.high)


def test_a_degraded_batch_is_a_pure_function_of_seed_and_step(recipe, clips):
    first, second = make_samples(recipe(), clips), make_samples(recipe(), clips)
    forwards = [first[step] for step in range(3)]
    backwards = [second[step] for step in reversed(range(3))][::-1]
    assert all(same(a, b) for a, b in zip(forwards, backwards, strict=True))
    assert not same(forwards[0], forwards[1])
    assert not same(forwards[0], make_samples(recipe("schedule.seed=1"), clips)[0])


def test_each_sample_of_a_batch_is_degraded_in_its_own_way(recipe, clips):
    flat = recipe("sharpen.threshold=255", "data.batch=4", "degradations=[{kind='noise'}]")
    batch = make_samples(flat, clips)[0]
    noise = [low - high for low, high in zip(batch.low, shrunk(batch.high, batch.low), strict=True)]
    strengths = [float(n.std()) for n in noise]
    assert len({round(s, 4) for s in strengths}) == 4


def test_mirrored_samples_run_back_and_are_degraded_on_the_way_back_too(recipe, clips):
    batch = make_samples(recipe(), clips)[0]
    assert batch.low.shape == (2, 4, 3, 16, 16)
    assert batch.high.shape == (2, 4, 3, 64, 64)
    assert torch.equal(batch.high, batch.high.flip(1))
    assert not torch.equal(batch.low, batch.low.flip(1))
    assert 0 <= batch.low.min() < batch.low.max() <= 1


def test_input_and_target_show_the_same_place(recipe, clips):
    plain = recipe("degradations=[{kind='resize_to', methods=['area']}]", "sharpen.weight=0")
    batch = make_samples(plain, clips)[2]
    assert (shrunk(batch.high, batch.low) - batch.low).abs().max() <= 1 / 255


def test_only_a_discriminator_is_given_the_ground_truth_before_it_was_sharpened(recipe, clips):
    sharpen = ("sharpen.threshold=1", "data.batch=4")
    plain = make_samples(recipe(*sharpen), clips)[0]
    assert plain.truth is None
    batch = make_samples(recipe(*sharpen, "adversarial={perceptual=0.0}"), clips)[0]
    assert same(batch, plain)
    unsharpened = make_samples(recipe("sharpen.weight=0", "data.batch=4"), clips)[0]
    assert torch.equal(batch.truth, unsharpened.high)
    assert not torch.equal(batch.truth, batch.high)
    parts = batch.split(3)
    assert torch.equal(torch.cat([part.truth for part in parts]), batch.truth)
    assert {len(part.low) == len(part.truth) for part in parts} == {True}


def test_the_target_is_sharpened_and_the_clips_for_validation_are_not(recipe, clips):
    validation = load_degraded_data(recipe(), scale=4).validation
    unsharpened = load_degraded_data(recipe("sharpen.weight=0"), scale=4).validation
    np.testing.assert_array_equal(validation[0].high, unsharpened[0].high)
    sharp = make_samples(recipe("sharpen.threshold=1"), clips)[0].high
    assert sharp.std() > make_samples(recipe("sharpen.weight=0"), clips)[0].high.std()


def test_clips_for_validation_are_degraded_once_by_the_seed(recipe):
    (first,) = load_degraded_data(recipe(), scale=4).validation
    (again,) = load_degraded_data(recipe(), scale=4).validation
    (other,) = load_degraded_data(recipe("schedule.seed=1"), scale=4).validation
    assert first.name == "b.mkv"
    assert first.high.shape == (6, 64, 80, 3)  # of 72x88 px: multiples of 16
    assert first.low.shape == (6, 16, 20, 3)
    np.testing.assert_array_equal(first.low, again.low)
    assert not np.array_equal(first.low, other.low)


def test_several_workers_make_the_same_batches(recipe, tmp_path):
    for workers in (1, 3):
        changes = ("schedule.steps=3", f"data.workers={workers}", "data.validation=[]")
        train(recipe(*changes), tmp_path / str(workers))
    one, three = (
        read_checkpoint(tmp_path / name / "last.safetensors").state for name in ("1", "3")
    )
    assert all(torch.equal(one[key], three[key]) for key in one)


def test_twenty_steps_of_realbasicvsr_lower_the_loss_and_give_weights_that_load(recipe, tmp_path):
    out = tmp_path / "out"
    train(recipe("data.validation=[]", "schedule.evaluate_every=1"), out)
    losses = [json.loads(line)["loss"] for line in (out / "log.jsonl").read_text().splitlines()]
    assert len(losses) == 20
    assert sum(losses[-5:]) < 0.9 * sum(losses[:5])
    model = vsfilter.load(weights=out / "best.safetensors", device="cpu", precision="fp32")
    assert model.restore(torch.rand(2, 3, 8, 12)).shape == (2, 3, 32, 48)
    header = read_checkpoint(out / "best.safetensors").header
    assert (header["backend"], header["degradation"]) == ("realbasicvsr", "real")
    assert header["recipe"]["degradations"][1]["gaussian_sigma"] == [1.0, 10.0]


def test_the_cleaning_loss_reaches_the_cleaning_module_alone(recipe):
    module, scale = make_module(recipe())
    assert scale == 4
    low, high = torch.rand(1, 2, 3, 8, 8), torch.rand(1, 2, 3, 32, 32)
    cleaning_error(module.clean(low), high).backward()
    learning = {
        name.partition(".")[0] for name, p in module.named_parameters() if p.grad is not None
    }
    assert learning == {"image_cleaning"}


def test_the_colour_loss_is_of_the_means_of_areas():
    low = torch.rand(1, 2, 3, 32, 48)
    areas = low.unflatten(-1, (3, 16)).unflatten(-3, (2, 16)).mean((-1, -3), keepdim=True)
    flat = areas.expand(1, 2, 3, 2, 16, 3, 16).reshape(low.shape)
    restored = flat.repeat_interleave(2, dim=-1).repeat_interleave(2, dim=-2)
    assert colour_shift(restored, low) < 1e-5
    assert colour_shift(restored - 0.1, low) == pytest.approx(0.1, abs=1e-5)
    assert colour_shift(restored[..., :12, :16] * 0, low[..., :6, :8] * 0 + 0.5) == 0.5


def test_the_colour_loss_holds_colours_that_the_ground_truth_has_not(recipe):
    module, _ = make_module(recipe())
    low, high = torch.rand(1, 2, 3, 16, 16), torch.zeros(1, 2, 3, 64, 64)
    with torch.inference_mode():
        plain, restored = restoration_loss(module, low, high, LossSettings())
        held, _ = restoration_loss(module, low, high, LossSettings(colours=0.5))
    assert held - plain == pytest.approx(0.5 * float(colour_shift(restored, low)), rel=1e-4)


def test_the_detail_loss_is_of_what_is_missing_and_not_of_what_is_too_much():
    there = torch.rand(1, 2, 3, 32, 32)
    grey = there.mean((-1, -2, -3), keepdim=True).expand_as(there)
    weaker, none, stronger = (
        float(missing_detail(torch.lerp(grey, there, part), there)) for part in (0.5, 0.0, 1.5)
    )
    assert missing_detail(there, there) < 1e-6
    assert missing_detail(there + 0.1, there) < 1e-6
    assert none > 0.05
    assert weaker == pytest.approx(0.5 * none, rel=0.01)
    assert stronger == 0
    assert missing_detail(there[..., :6, :5] * 0.5, there[..., :6, :5]) > 0.01


def test_the_detail_loss_does_not_pay_for_a_pattern_of_one_s_own():
    there = torch.rand(1, 1, 3, 64, 64)
    grid = torch.tensor([[1.0, -1.0], [-1.0, 1.0]]).repeat(32, 32)
    missing = float(missing_detail(there * 0.5, there))
    with_grid = float(missing_detail(there * 0.5 + 0.2 * grid, there))
    assert with_grid == pytest.approx(missing, rel=0.05)


def test_the_detail_loss_counts_by_its_weight(recipe):
    module, _ = make_module(recipe())
    low, high = torch.rand(1, 2, 3, 16, 16), torch.rand(1, 2, 3, 64, 64)
    with torch.inference_mode():
        plain, restored = restoration_loss(module, low, high, LossSettings())
        held, _ = restoration_loss(module, low, high, LossSettings(detail=0.5))
    assert held - plain == pytest.approx(0.5 * float(missing_detail(restored, high)), rel=1e-4)


def test_the_cleaning_loss_is_zero_for_the_small_ground_truth():
    high = torch.rand(1, 2, 3, 8, 8).repeat_interleave(4, -1).repeat_interleave(4, -2)
    assert cleaning_error(high[..., ::4, ::4], high) < 1e-6
    assert cleaning_error(high[..., ::4, ::4] + 0.1, high) == pytest.approx(0.1, abs=1e-5)


def test_both_stages_in_turn_are_the_whole_network(recipe):
    module, _ = make_module(recipe())
    clip = torch.rand(1, 3, 3, 8, 8)
    with torch.inference_mode():
        assert torch.equal(module(clip), module.restore_cleaned(module.clean(clip)))


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        (["model.backend=basicvsr", "model.options={}"], "cleaning is 1.0, but model 'basicvsr'"),
        (["model.options.channel=8"], "RealBasicVSR has no option 'channel'"),
        (["model.options.cleaning_blocks=-1"], "cleaning_blocks is -1"),
        (["schedule.flow_steps=1", "model.backend=nothing"], "unknown model 'nothing'"),
    ],
)
def test_a_wrong_model_is_refused_before_any_clip_is_read(
    recipe, tmp_path, monkeypatch, changes, reason
):
    def read(*arguments, **settings):
        raise AssertionError("clips were read")

    monkeypatch.setattr(loop, "load_degraded_data", read)
    with pytest.raises(vsfilter.VsfilterError, match=reason):
        train(recipe(*changes), tmp_path / "out")


def test_clips_smaller_than_a_patch_are_refused(recipe, tmp_path):
    with pytest.raises(OptionError, match="no clip has"):
        train(recipe("data.patch=40"), tmp_path / "out")
