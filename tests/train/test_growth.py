"""Starting a larger network from a smaller one."""

import torch

from tests.train.tiny import read_weights, write_recipe
from vsfilter_basicvsr.basicvsr import Trunk
from vsfilter_train import train as loop
from vsfilter_train.growth import grown
from vsfilter_train.recipe import read_recipe
from vsfilter_train.train import train

DEEP = "model.options.blocks=3"
WIDE = "model.options.channels=12"


def test_a_grown_trunk_does_what_the_smaller_one_does():
    torch.manual_seed(0)
    small, large = Trunk(3 + 8, 8, 1), Trunk(3 + 12, 12, 3)
    large.load_state_dict(grown(small.state_dict(), large.state_dict()))
    x = torch.randn(1, 3 + 12, 9, 9)

    with torch.no_grad():
        expected, found = small(x[:, : 3 + 8]), large(x)[:, :8]

    assert (found - expected).abs().mean() < 0.05 * expected.abs().mean()
    assert not torch.equal(large.main[2][1].conv1.weight, torch.zeros(12, 12, 3, 3))
    assert large.main[2][0].conv1.weight[8:].abs().min() > 0  # new channels listen to all others


def test_layers_that_are_no_wider_version_of_another_are_left_to_be_refused():
    small = {"narrow": torch.ones(4, 4, 3, 3), "kernel": torch.ones(4, 4, 3, 3)}
    wanted = {"narrow": torch.zeros(2, 4, 3, 3), "kernel": torch.zeros(4, 4, 5, 5)}
    assert grown(small, wanted) == small


def test_a_recipe_starts_a_larger_network_from_a_smaller_one(clips, tmp_path, monkeypatch):
    recipe_file = write_recipe(tmp_path / "tiny.toml", clips)
    train(read_recipe(recipe_file, changes=("schedule.steps=1",)), tmp_path / "small")
    best = tmp_path / "small" / "best.safetensors"
    begun = []
    monkeypatch.setattr(loop, "_run", lambda training, *rest: begun.append(training))
    start = ("model.start_grows=true", f"model.start='{best.as_posix()}'")

    train(read_recipe(recipe_file, changes=(DEEP, WIDE, *start)), tmp_path / "large")

    key, small = "tail.conv_last.weight", read_weights(best)
    large = begun[0].state.module.state_dict()
    assert torch.equal(large[key][:, :8], small[key])
    assert not large[key][:, 8:].any()
    assert torch.equal(large["spynet.mean"], small["spynet.mean"])
    assert "backward_trunk.main.2.2.conv1.weight" in large
