"""The three qualities: which set is taken, and what the best one makes of it."""

from dataclasses import replace
from fractions import Fraction
from pathlib import Path

import pytest
import torch

import vsfilter
from vsfilter.discovery import find_backend
from vsfilter.engine.load import load_chosen, load_model
from vsfilter.engine.model_choice import choose_model
from vsfilter.engine.run_restorer import RunRestorer
from vsfilter.engine.self_ensemble import WAYS, SelfEnsemble
from vsfilter.engine.settings import Settings
from vsfilter.errors import WeightsError
from vsfilter.weights import NamedWeights


def named_set(name, *, scale, quality="fast"):
    return NamedWeights(
        name=name,
        file=Path(name),
        scale=scale,
        sha256="0" * 64,
        source="test",
        licence="none",
        quality=quality,
    )


SETS = (
    named_set("fast-x4", scale=4),
    named_set("good-x4", scale=4, quality="good"),
    named_set("fast-x2", scale=2),
)


@pytest.fixture
def backend(monkeypatch):
    backend = replace(find_backend("basicvsr"), weights=SETS)
    monkeypatch.setattr("vsfilter.engine.model_choice.find_backend", lambda _: backend)


def test_weights_that_two_models_offer_want_a_choice(monkeypatch):
    offering = {
        name: replace(find_backend("basicvsr"), name=name, weights=SETS) for name in ("one", "two")
    }
    monkeypatch.setattr("vsfilter.engine.model_choice.backends", lambda: offering)
    message = "'good-x4' are offered by the models one and two: say which, as in --model one:good"
    with pytest.raises(WeightsError, match=message):
        choose_model("auto", "good-x4", None, {}, "fast")


@pytest.mark.parametrize(
    ("scale", "quality", "name"),
    [
        (None, "good", "good-x4"),
        (None, "best", "good-x4"),
        (4, "fast", "fast-x4"),
        (4, "good", "good-x4"),
        (3, "good", "good-x4"),
        (Fraction(3, 2), "fast", "fast-x2"),
    ],
)
def test_the_set_of_the_quality_is_taken(backend, scale, quality, name):
    chosen = choose_model("basicvsr", None, scale, {}, quality)
    assert chosen.weights == name
    assert chosen.is_ensemble == (quality == "best")


def test_a_model_without_a_good_set_says_which_one_it_takes(backend, caplog):
    assert choose_model("basicvsr", None, 2, {}, "good").weights == "fast-x2"
    assert "model 'basicvsr' has no good set for scale 2: 'fast-x2' is taken" in caplog.text


def test_weights_that_are_named_are_taken_in_every_quality(backend, caplog):
    for quality in ("fast", "best"):
        assert choose_model("basicvsr", "fast-x2", 4, {}, quality).weights == "fast-x2"
    assert caplog.text == ""
    assert choose_model("basicvsr", "fast-x2", 4, {}, "good").weights == "fast-x2"
    assert "quality 'good' changes nothing: weights 'fast-x2' are given" in caplog.text


class Leaning:
    """Adds to each pixel a slope that leans to one corner, so that turning shows."""

    scale = 2

    def restore(self, frames, keep=slice(None)):
        large = frames[keep].repeat_interleave(2, -1).repeat_interleave(2, -2)
        h, w = large.shape[-2:]
        return large + torch.linspace(0, 1, w) + torch.linspace(0, 1, h)[:, None]


def test_the_best_is_the_mean_of_the_clip_in_all_eight_ways():
    frames = torch.rand(4, 3, 6, 10)
    restored = SelfEnsemble(Leaning()).restore(frames, slice(1, 3))
    plain = frames[1:3].repeat_interleave(2, -1).repeat_interleave(2, -2)
    assert len(set(WAYS)) == 8
    # slopes that lean in opposite ways cancel out: each leaves its mean, 0.5
    torch.testing.assert_close(restored, plain + 1)


def test_the_best_of_a_model_that_turns_with_its_clip_is_its_result():
    frames = torch.rand(2, 3, 5, 7)
    plain = vsfilter.load("bicubic", scale=2, device="cpu", precision="fp32")
    best = load_chosen(
        choose_model("bicubic", None, 2, {}, "best"), device="cpu", precision="fp32"
    ).model
    torch.testing.assert_close(best.restore(frames), plain.restore(frames), atol=1e-5, rtol=0)


def test_the_settings_bring_the_best(basicvsr):
    settings = {"weights": str(basicvsr), "device": "cpu", "precision": "fp32"}
    best = RunRestorer(Settings(**settings, quality="best")).loaded.model
    assert isinstance(best, SelfEnsemble)
    frames = torch.rand(3, 3, 8, 12)
    single = load_model(weights=str(basicvsr), device="cpu", precision="fp32").model
    ways = [single.restore(frames.flip(axes)).flip(axes) for axes in ((), (-1,), (-2,), (-1, -2))]
    swapped = frames.transpose(-2, -1)
    ways += [
        single.restore(swapped.flip(axes)).flip(axes).transpose(-2, -1)
        for axes in ((), (-1,), (-2,), (-1, -2))
    ]
    with torch.inference_mode():
        torch.testing.assert_close(best.restore(frames), torch.stack(ways).mean(0))
