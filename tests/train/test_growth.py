"""Starting a larger network from a smaller one."""

import torch

from tests.train.tiny import read_weights, write_recipe
from vsfilter_basicvsr.basicvsr import Trunk
from vsfilter_train import train as loop
from vsfilter_train.growth import grown
from vsfilter_train.recipe import read_recipe
from vsfilter_train.train import train

DEEP = "model.options.blocks=3"


def test_a_grown_trunk_does_what_the_smaller_one_does():
    torch.manual_seed(0)
    small, large = Trunk(3 + 8, 8, 1), Trunk(3 + 8, 8, 3)
    large.load_state_dict(grown(small.state_dict(), large.state_dict()))
    x = torch.randn(1, 3 + 8, 9, 9)

    with torch.no_grad():
        expected, found = small(x), large(x)

    assert (found - expected).abs().mean() < 0.05 * expected.abs().mean()
    assert large.main[2][1].conv1.weight.abs().min() > 0


def test_a_recipe_starts_a_deeper_network_from_a_shallower_one(clips, tmp_path, monkeypatch):
    recipe_file = write_recipe(tmp_path / "tiny.toml", clips)
    train(read_recipe(recipe_file, changes=("schedule.steps=1",)), tmp_path / "small")
    best = tmp_path / "small" / "best.safetensors"
    begun = []
    monkeypatch.setattr(loop, "_run", lambda training, *rest: begun.append(training))
    start = ("model.start_grows=true", f"model.start='{best.as_posix()}'")

    train(read_recipe(recipe_file, changes=(DEEP, *start)), tmp_path / "large")

    small = read_weights(best)
    large = begun[0].state.module.state_dict()
    assert all(torch.equal(large[key], tensor) for key, tensor in small.items())
    new = large["backward_trunk.main.2.2.conv1.weight"]
    assert 0 < new.abs().mean() < 0.2 * large["backward_trunk.main.2.0.conv1.weight"].abs().mean()
