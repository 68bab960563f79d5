import os
from concurrent.futures import CancelledError
from dataclasses import replace
from fractions import Fraction
from threading import Event, Timer

import numpy as np
import pytest
import torch

from tests.golden_case import read_weights
from vsfilter.engine.model_pool import ModelPool
from vsfilter.engine.restorer import Restorer
from vsfilter.engine.settings import Settings
from vsfilter.errors import WeightsError
from vsfilter.window import Window

BICUBIC = Settings(model="bicubic", scale=2, device="cpu", precision="fp32")
ONE = Window(index=0, start=0, lead=0, core_start=0, core_stop=1, stop=1)
FRAME = [np.zeros((3, 8, 8), np.float32)]


def test_settings_that_mean_one_model_give_one_model(basicvsr):
    pool = ModelPool()
    settings = Settings(weights=basicvsr, device="cpu", precision="fp32")

    first = pool.get(settings)

    assert pool.get(replace(settings)) is first
    assert pool.get(replace(settings, scale=3)) is first
    assert pool.get(replace(settings, scale=Fraction(1, 2))) is first


@pytest.mark.parametrize(
    "changes", [{"scale": 3}, {"strength": 0.5}, {"precision": "bf16"}, {"ghost_guard": "on"}]
)
def test_settings_that_change_the_result_give_another(changes):
    pool = ModelPool()

    first = pool.get(BICUBIC)

    assert pool.get(replace(BICUBIC, **changes)) is not first


def test_weights_that_a_training_has_written_anew_are_loaded_anew(tmp_path):
    """A batch may be long, and what it reports of its weights is what made the frames."""
    state, file = read_weights("edvr_tsa_5f"), tmp_path / "edvr.pth"
    torch.save({"params": state}, file)
    pool, settings = ModelPool(), Settings(weights=str(file), device="cpu", precision="fp32")
    first = pool.get(settings)
    assert pool.get(settings) is first
    torch.save({"params": {name: value * 1.01 for name, value in state.items()}}, file)
    os.utime(file, (1, 1))  # clocks of files may be coarse
    assert pool.get(settings) is not first


def test_a_model_that_cannot_be_loaded_does_not_spoil_the_next():
    pool = ModelPool()

    with pytest.raises(WeightsError, match=r"nowhere\.pth"):
        pool.get(Settings(weights="nowhere.pth"))

    assert pool.get(BICUBIC).loaded.model.scale == 2


def test_what_a_clip_has_left_is_dropped_and_the_next_clip_is_restored():
    pool = ModelPool()
    go = Event()
    with Restorer(BICUBIC, width=8, height=8, pool=pool) as first:
        pool.thread.submit(go.wait)  # a window that takes long
        left = first.submit(ONE, FRAME, ())
    Timer(0.2, go.set).start()
    with Restorer(BICUBIC, width=8, height=8, pool=pool) as second:
        assert go.is_set()  # its memory is free before windows are tried
        assert second.submit(ONE, FRAME, ()).result().shape == (1, 3, 16, 16)

    with pytest.raises(CancelledError):
        left.result()
    pool.thread.shutdown()
