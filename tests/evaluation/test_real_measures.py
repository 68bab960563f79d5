"""Measures that need no true clip."""

import json
from pathlib import Path

import cv2
import numpy as np
import pytest

from tests.ready_process import run_entry
from vsfilter.discovery import find_source
from vsfilter.errors import OptionError
from vsfilter.evaluation.evaluated_clips import to_pixels
from vsfilter.evaluation.niqe import niqe, patch_features
from vsfilter.evaluation.real_measure import RealMeasure
from vsfilter.rgb_converter import FrameToRgb

DEMO = Path(__file__).parents[2] / "examples" / "demo.mp4"


@pytest.fixture(scope="module")
def picture():
    """A frame of the demo clip at twice its size: 640x360."""
    with find_source(str(DEMO)).open(str(DEMO)) as reader:
        pixels = to_pixels(FrameToRgb(reader.info).convert(next(iter(reader))))
    return cv2.resize(pixels, None, fx=2, fy=2, interpolation=cv2.INTER_CUBIC)


def noisy(picture, deviation, seed=0):
    noise = np.random.default_rng(seed).normal(0, deviation, picture.shape)
    return (picture + noise).clip(0, 255).astype(np.uint8)


def test_noise_and_blur_make_a_picture_less_natural(picture):
    clean = niqe(picture)
    assert clean == niqe(picture.copy())
    assert niqe(noisy(picture, 5)) < niqe(noisy(picture, 25))
    assert clean < niqe(noisy(picture, 25))
    assert clean < niqe(cv2.GaussianBlur(picture, (0, 0), 3))


def test_the_shape_of_gaussian_noise_is_two():
    """The first feature is the shape of the normalised values: 2 for a Gaussian."""
    grey = np.random.default_rng(1).normal(128, 20, (192, 288, 1)).clip(0, 255)
    features, sharpness = patch_features(np.repeat(grey, 3, axis=2).astype(np.uint8))
    assert features.shape == (6, 36)
    assert sharpness.shape == (6,)
    assert 1.8 < features[:, 0].mean() < 3.2


def test_flat_pictures_have_a_value_and_small_ones_are_refused():
    assert np.isfinite(niqe(np.full((192, 192, 3), 90, np.uint8)))
    with pytest.raises(OptionError, match="NIQE needs at least 192 px a side, got 300x100"):
        niqe(np.zeros((100, 300, 3), np.uint8))


def test_flicker_shift_and_blur_are_told_apart(picture):
    steady = RealMeasure()
    for _ in range(2):
        steady.add((picture * 0.9).astype(np.uint8), picture)
    trembling = RealMeasure()
    for seed in range(2):
        trembling.add(noisy(picture, 8, seed), picture)
    darker, noise = steady.score("a"), trembling.score("b")
    assert darker.flicker == 0 < noise.flicker
    assert darker.shift < -5 < abs(noise.shift) < 1
    blurred = RealMeasure()
    blurred.add(cv2.GaussianBlur(picture, (0, 0), 3), picture)
    score = blurred.score("c")
    assert score.blur > score.bicubic_blur


def test_the_command_measures_a_clip_without_ground_truth():
    flags = ("--real", DEMO, "--model", "bicubic", "--scale", 2, "--frames", 2, "--json")
    done = run_entry("vsfilter.cli.main:run", "evaluate", *flags)
    assert done.returncode == 0, done.stderr
    (clip,) = json.loads(done.stdout)["clips"]
    assert clip["frames"] == 2
    assert clip["niqe"] == pytest.approx(clip["bicubic_niqe"], rel=0.1)
    assert abs(clip["shift"]) < 0.5


@pytest.mark.parametrize(
    ("flags", "code", "message"),
    [
        ((), 2, b"give --gt for clips with ground truth, or --real for others"),
        (("--real", DEMO, "--crop", 4), 1, b"--real compares with no other clip"),
    ],
)
def test_flags_that_do_not_fit_are_one_line(flags, code, message):
    done = run_entry("vsfilter.cli.main:run", "evaluate", *flags)
    assert done.returncode == code
    assert message in done.stderr
    assert b"Traceback" not in done.stderr
