"""Training against a discriminator: RealBasicVSR's second stage."""

import json
import logging

import pytest
import torch

from tests.train.tiny import assert_equal, read_state, read_weights, write_recipe
from vsfilter.errors import OptionError, WeightsError
from vsfilter_train import train as loop
from vsfilter_train.adversary import AdversarialObjective, make_adversary
from vsfilter_train.batch import Batch
from vsfilter_train.discriminator import UNetDiscriminator
from vsfilter_train.perceptual import WIDTHS, Perceptual
from vsfilter_train.precision import make_precision
from vsfilter_train.recipe import read_recipe
from vsfilter_train.settings import AdversarialSettings, LossSettings
from vsfilter_train.train import train

GAN = "adversarial={width=4, perceptual=0.0, feature_matching=1.0, weight=0.5}"


@pytest.fixture(autouse=True)
def quiet(caplog):
    caplog.set_level(logging.WARNING)


@pytest.fixture
def recipe(clips, tmp_path):
    path = write_recipe(tmp_path / "tiny.toml", clips)
    return lambda *changes: read_recipe(
        path, changes=("data.validation=[]", "schedule.precision=fp32", *changes)
    )


@pytest.fixture(scope="module")
def vgg(tmp_path_factory):
    """A file with the keys and shapes of torchvision's VGG-19, thin random numbers in it."""
    state, channels, number = {}, 3, 0
    generator = torch.Generator().manual_seed(0)
    for width in WIDTHS:
        if width:
            weight = torch.randn(width, channels, 3, 3, generator=generator)
            state[f"features.{number}.weight"] = weight / (9 * channels) ** 0.5
            state[f"features.{number}.bias"] = torch.zeros(width)
            channels, number = width, number + 1
        number += 1
    path = tmp_path_factory.mktemp("vgg") / "vgg19.pth"
    torch.save({**state, "classifier.0.bias": torch.zeros(1)}, path)
    return path


def test_a_discriminator_judges_each_pixel():
    judgements, features = UNetDiscriminator(4)(torch.rand(2, 3, 16, 24))
    assert judgements.shape == (2, 1, 16, 24)
    assert [x.shape[1] for x in features] == [4, 8, 16, 32, 16, 8, 4]


def test_both_sides_learn_and_a_resumed_run_goes_on_exactly(recipe, tmp_path):
    changes = (GAN, "schedule.steps=6", "schedule.evaluate_every=3", "data.batch=1")
    settings = recipe(*changes)
    torch.manual_seed(0)
    train(settings, tmp_path / "whole")
    rate = loop.learning_rate

    def stop(step, schedule):
        if step == 5:
            raise KeyboardInterrupt
        return rate(step, schedule)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(loop, "learning_rate", stop)
        with pytest.raises(KeyboardInterrupt):
            train(settings, tmp_path / "cut")
    begun = read_state(tmp_path / "cut")
    train(settings, tmp_path / "cut", resume=True)
    whole, cut = read_state(tmp_path / "whole"), read_state(tmp_path / "cut")
    assert_equal(whole["others"]["discriminator"], cut["others"]["discriminator"])
    assert_equal(*(read_weights(tmp_path / n / "last.safetensors") for n in ("whole", "cut")))
    before, after = (state["others"]["discriminator"]["last.weight"] for state in (begun, cut))
    assert not torch.equal(before, after)


def test_a_discriminator_tells_restored_frames_from_real_ones(recipe, tmp_path):
    gan = "adversarial={width=4, perceptual=0.0, rate=1e-2}"
    changes = (gan, "schedule.steps=20", "schedule.rate=1e-9", "schedule.curve=constant")
    settings = recipe(*changes)
    train(settings, tmp_path / "out")
    network = UNetDiscriminator(4).eval()
    network.load_state_dict(read_state(tmp_path / "out")["others"]["discriminator"])
    module, scale = loop.make_module(settings)
    module.load_state_dict(read_state(tmp_path / "out")["module"])
    data = loop.load_data(settings, scale=scale, side=settings.data.patch)
    batch = data.samples[99]
    with torch.inference_mode():
        real = network(batch.high.flatten(0, 1))[0].mean()
        fake = network(module(batch.low).flatten(0, 1))[0].mean()
    assert real > fake


@pytest.mark.parametrize("is_sharpened", [False, True])
def test_what_the_discriminator_takes_for_real_is_not_sharpened(is_sharpened):
    settings = AdversarialSettings(perceptual=0.0, feature_matching=1.0, width=4)
    adversary = make_adversary(settings, torch.device("cpu"), patch=16)
    seen = []
    adversary.network.register_forward_pre_hook(lambda _, inputs: seen.append(inputs[0]))
    low, high, truth = torch.rand(3, 1, 2, 3, 16, 16)
    objective = AdversarialObjective(
        module=torch.nn.Conv3d(2, 2, 1),
        adversary=adversary,
        settings=LossSettings(),
        precision=make_precision("fp32", torch.device("cpu")),
    )
    objective(
        Batch(
            low=low,
            high=high,
            seeds=torch.zeros(1).long(),
            total=1,
            truth=truth if is_sharpened else None,
        ),
        1.0,
    )
    _, wanted, real, fake = seen  # the first are those that the network learns from
    assert torch.equal(wanted, high[0])
    assert torch.equal(real, truth[0] if is_sharpened else high[0])
    assert torch.equal(fake, seen[0])


def test_the_perceptual_loss_is_zero_for_equal_frames_and_grows(vgg):
    loss = Perceptual(vgg)
    frames = torch.rand(1, 3, 32, 32)
    assert loss(frames, frames) == 0
    near, far = (loss((frames + n).clamp(0, 1), frames) for n in (0.02, 0.2))
    assert 0 < near < far
    assert not any(parameter.requires_grad for parameter in loss.parameters())


def test_a_training_uses_the_vgg_file_of_the_user(recipe, tmp_path, vgg):
    gan = json.dumps(vgg.as_posix())
    settings = recipe(f"adversarial={{width=4, vgg={gan}}}", "schedule.steps=1", "data.batch=1")
    train(settings, tmp_path / "out")
    assert read_weights(tmp_path / "out" / "best.safetensors")


def test_a_missing_vgg_is_said_at_once_with_another_way(recipe, tmp_path, monkeypatch):
    monkeypatch.setattr(torch.hub, "get_dir", lambda: str(tmp_path / "hub"))
    with pytest.raises(OptionError, match=r"vgg19-dcbb9e9d\.pth.*adversarial\.feature_matching=1"):
        train(recipe("adversarial={}"), tmp_path / "out")
    (tmp_path / "wrong.pth").write_bytes(b"no pickle")
    wrong = (tmp_path / "wrong.pth").as_posix()
    with pytest.raises(WeightsError, match=r"wrong\.pth' is no VGG-19 of torchvision"):
        train(recipe(f"adversarial={{vgg='{wrong}'}}"), tmp_path / "out")
    assert not (tmp_path / "out").exists()


def test_a_vgg_of_torchvision_s_cache_is_found(recipe, tmp_path, monkeypatch, vgg):
    folder = tmp_path / "hub" / "checkpoints"
    folder.mkdir(parents=True)
    (folder / "vgg19-dcbb9e9d.pth").symlink_to(vgg)
    monkeypatch.setattr(torch.hub, "get_dir", lambda: str(tmp_path / "hub"))
    train(recipe("adversarial={width=4}", "schedule.steps=1", "data.batch=1"), tmp_path / "out")
