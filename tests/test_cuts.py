from itertools import pairwise

import numpy as np
import pytest

from vsfilter.cuts import is_cut

H, W = 72, 128


def make_scene(seed, *, level=0.5, tint=(0, 0, 0)):
    """Draw a picture of 12 random rectangles: (3, h, w), float32, RGB in [0, 1]."""
    random = np.random.default_rng(seed)
    frame = np.full((3, H, W), level, np.float32)
    for _ in range(12):
        y, x = random.integers(0, H - 16), random.integers(0, W - 16)
        h, w = random.integers(16, 48), random.integers(16, 64)
        frame[:, y : y + h, x : x + w] = random.random((3, 1, 1)) * 0.6
    return (frame + np.array(tint, np.float32)[:, None, None]).clip(0, 1)


DAY, NIGHT = make_scene(1, level=0.9), make_scene(2, level=0.1)


def test_two_scenes_are_parted():
    assert is_cut(DAY, NIGHT)
    assert is_cut(NIGHT, DAY)


def test_a_frame_and_itself_are_one_shot():
    assert not is_cut(DAY, DAY)


@pytest.mark.parametrize("shift", [1, 4, 12])
def test_a_pan_is_one_shot(shift):
    wide = np.concatenate([DAY, make_scene(3, level=0.9)], axis=2)
    assert not is_cut(wide[..., :W], wide[..., shift : shift + W])


def test_noise_is_one_shot():
    noise = np.random.default_rng(0).normal(0, 0.05, DAY.shape).astype(np.float32)
    assert not is_cut(DAY, (DAY + noise).clip(0, 1))


@pytest.mark.parametrize("gain", [0.5, 1.4])
def test_a_flash_is_one_shot(gain):
    assert not is_cut(DAY, (DAY * gain).clip(0, 1))


def test_each_step_of_a_slow_fade_is_one_shot():
    steps = [DAY * share + NIGHT * (1 - share) for share in np.linspace(1, 0, 25, dtype=np.float32)]
    assert not any(is_cut(a, b) for a, b in pairwise(steps))


def test_a_cut_to_black_is_a_cut():
    assert is_cut(DAY, np.zeros_like(DAY))


def test_the_answer_does_not_depend_on_the_size_of_the_picture():
    pairs = [(DAY, NIGHT), (DAY, DAY * 0.9), (DAY, np.roll(DAY, 3, axis=2))]
    for a, b in pairs:
        large = [x.repeat(3, axis=1).repeat(3, axis=2) for x in (a, b)]
        assert is_cut(*large) == is_cut(a, b)


@pytest.mark.parametrize("size", [(1, 1), (1, 40), (40, 1), (5, 7), (17, 33)])
def test_any_size_works(size):
    dark, bright = np.zeros((3, *size), np.float32), np.ones((3, *size), np.float32)
    assert not is_cut(dark, dark)
    assert isinstance(is_cut(dark, bright), bool)


def test_the_pictures_are_left_as_they_were():
    before = DAY.copy()
    is_cut(DAY, NIGHT)
    np.testing.assert_array_equal(DAY, before)
