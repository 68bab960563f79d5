"""How well a flow aligns frames, as evaluations tell it."""

import numpy as np
import pytest
import torch
from torch import nn

from tests.train.tiny import EDVR, read_log, write_recipe
from vsfilter_train.flow_gain import flow_gain
from vsfilter_train.pairs import HeldPair
from vsfilter_train.precision import make_precision
from vsfilter_train.recipe import read_recipe
from vsfilter_train.train import train

PRECISION = make_precision("fp32", torch.device("cpu"))


class Shift(nn.Module):
    """A flow that is the same everywhere, in px to the right; of a frame beside itself another."""

    def __init__(self, columns, *, agreed=0.0):
        super().__init__()
        self.columns, self.agreed = columns, agreed

    def forward(self, first, second):
        flow = torch.zeros_like(first[:, :2])
        flow[:, 0] = self.agreed + (0 if first is second else self.columns)
        return flow


class Inverting(nn.Module):
    """Cleans its input of all that is not its negative."""

    def clean(self, clips):
        return 1 - clips

    def restore_cleaned(self, cleaned):
        return cleaned


def pan(columns, name="pan"):
    """Make a clip whose pictures move to the right by some columns a frame."""
    picture = np.random.default_rng(0).integers(0, 256, (16, 48, 3), dtype=np.uint8)
    low = np.stack([np.roll(picture, columns * n, axis=1)[:, 8:-8] for n in range(4)])
    return HeldPair(name=name, high=low, low=low)


def test_the_right_flow_explains_frames_and_a_wrong_one_does_not():
    clips = [pan(2)]
    right, none, wrong = (
        flow_gain(nn.Identity(), Shift(columns), clips, PRECISION) for columns in (2, 0, -1)
    )
    assert right > 8
    assert none == pytest.approx(0, abs=1e-4)
    assert abs(wrong) < 2


def test_the_gain_is_the_mean_over_clips_and_that_of_a_still_one_is_never_positive():
    moving, still = pan(2), pan(0, "still")
    flow = Shift(2)
    alone = flow_gain(nn.Identity(), flow, [moving], PRECISION)
    spoiled = flow_gain(nn.Identity(), flow, [still], PRECISION)
    assert spoiled < -20
    both = flow_gain(nn.Identity(), flow, [moving, still], PRECISION)
    assert both == pytest.approx((alone + spoiled) / 2)


def test_a_shift_that_is_there_between_equal_frames_too_does_not_count():
    clips = [pan(2)]
    true, shifted = (
        flow_gain(nn.Identity(), Shift(2, agreed=agreed), clips, PRECISION) for agreed in (0, 0.4)
    )
    assert shifted == pytest.approx(true, abs=1e-3)


def test_the_gain_is_the_same_where_the_memory_holds_one_pair_of_frames(caplog):
    clip = pan(2)
    whole = flow_gain(nn.Identity(), Shift(2), [clip], PRECISION)

    class Small(Shift):
        def forward(self, first, second):
            if len(first) > 1:
                raise torch.OutOfMemoryError("CUDA out of memory")
            return super().forward(first, second)

    assert flow_gain(nn.Identity(), Small(2), [clip], PRECISION) == pytest.approx(whole, abs=1e-5)
    assert "out of memory: clips are measured in parts, frames in each: 1" in caplog.text


def test_a_network_that_cleans_its_input_is_measured_on_what_it_cleaned():
    seen = []

    class Watched(Shift):
        def forward(self, first, second):
            seen.append(first)
            return super().forward(first, second)

    clip = pan(2)
    flow_gain(Inverting(), Watched(2), [clip], PRECISION)
    expected = 1 - torch.from_numpy(clip.low[:-1]).permute(0, 3, 1, 2).float() / 255
    torch.testing.assert_close(seen[0], expected)


def test_evaluations_tell_it_where_there_is_a_flow(clips, tmp_path, caplog):
    caplog.set_level("INFO")
    recipe_file = write_recipe(tmp_path / "tiny.toml", clips)
    train(read_recipe(recipe_file, changes=("schedule.steps=1",)), tmp_path / "out")
    (entry,) = read_log(tmp_path / "out")
    assert -30 < entry["flow_gain"] < 30
    assert f", flow {entry['flow_gain']:+.2f} dB, " in caplog.text

    changes = ("schedule.steps=1", EDVR[0], EDVR[1])
    train(read_recipe(recipe_file, changes=changes), tmp_path / "edvr")
    assert "flow_gain" not in read_log(tmp_path / "edvr")[-1]
