import json

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.golden_case import GOLDEN
from vsfilter.errors import OptionError
from vsfilter.resize import imresize, imresize_to

OPS = GOLDEN / "ops"
CASES = json.loads((OPS / "ops.json").read_text())["imresize"]


def read_picture():
    """Read the golden picture: (h, w, 3), uint8."""
    return np.load(OPS / "img_u8.npy")


@pytest.mark.parametrize("case", CASES, ids=lambda case: case["file"])
def test_resizing_equals_the_official_one(case):
    picture = read_picture().astype(np.float32) / np.float32(255)
    resized = imresize(picture, case["scale"], antialiasing=case["antialiasing"])
    stride = 3 if "::3" in case["crop"] else 1
    expected = np.load(OPS / case["file"])
    assert list(resized.shape) == case["full_shape"]
    # the official code sums up to 17 products of values up to 1 in float32 (1.2e-7 each), we sum
    # in float64
    np.testing.assert_allclose(resized[::stride, ::stride], expected, rtol=0, atol=1e-6)


def test_bytes_are_the_rounded_floats():
    picture = read_picture()
    for scale in (0.25, 0.6, 2):
        exact = imresize(picture.astype(np.float64), scale)
        rounded = np.clip(np.floor(exact + 0.5), 0, 255)
        np.testing.assert_array_equal(imresize(picture, scale), rounded)


def test_bytes_are_clipped_where_the_kernel_overshoots():
    edge = np.zeros((8, 8), np.uint8)
    edge[:, 4:] = 255
    resized = imresize(edge, 4)
    assert resized.dtype == np.uint8
    assert resized[0, :8].max() == 0
    assert resized[0, -8:].min() == 255


def test_wider_integers_are_rounded_and_clipped_in_their_own_range():
    edge = np.zeros((8, 8), np.uint16)
    edge[:, 4:] = 65535
    resized = imresize(edge, 3)
    exact = imresize(edge.astype(np.float64), 3)
    assert resized.dtype == np.uint16
    np.testing.assert_array_equal(resized, np.clip(np.floor(exact + 0.5), 0, 65535))


@pytest.mark.parametrize("dtype", [np.uint8, np.float32, np.float64])
@pytest.mark.parametrize("shape", [(9, 7), (9, 7, 1), (9, 7, 3), (1, 1), (1, 5, 3)])
def test_type_and_axes_stay(dtype, shape):
    resized = imresize(np.ones(shape, dtype), 2)
    assert resized.dtype == dtype
    assert resized.shape == (2 * shape[0], 2 * shape[1], *shape[2:])
    assert resized.flags.c_contiguous


def test_the_channels_are_resized_one_by_one():
    picture = read_picture()
    alone = np.stack([imresize(picture[..., c], 0.5) for c in range(3)], axis=-1)
    np.testing.assert_array_equal(imresize(picture, 0.5), alone)


@given(
    st.integers(1, 20),
    st.integers(1, 20),
    st.floats(0.05, 5),
    st.booleans(),
)
def test_a_flat_picture_stays_flat(h, w, scale, antialiasing):
    resized = imresize(np.full((h, w), 0.7), scale, antialiasing=antialiasing)
    # the taps sum to 1 up to rounding
    np.testing.assert_allclose(resized, 0.7, rtol=0, atol=1e-9)


@given(st.integers(1, 20), st.integers(1, 20), st.floats(0.05, 5))
def test_a_mirrored_picture_gives_the_mirrored_result(h, w, scale):
    picture = np.random.default_rng(0).random((h, w))
    size = (h * scale, w * scale)
    if any(abs(side - round(side)) > 1e-9 for side in size):
        return  # with a fraction of a pixel left over, MATLAB's grid begins at the upper left
    np.testing.assert_allclose(
        imresize(picture[::-1, ::-1], scale), imresize(picture, scale)[::-1, ::-1], atol=1e-9
    )


@given(st.integers(1, 600), st.integers(1, 16))
def test_a_whole_factor_gives_exactly_that_size_both_ways(size, factor):
    assert imresize(np.zeros((factor * size, 1)), 1 / factor).shape[0] == size
    assert imresize(np.zeros((size, 1)), factor).shape[0] == factor * size


def test_scale_one_changes_nothing():
    np.testing.assert_array_equal(imresize(read_picture(), 1), read_picture())


@pytest.mark.parametrize("scale", [0.25, 0.5, 2, 3, 4])
def test_a_size_gives_what_the_scale_to_that_size_gives(scale):
    picture = read_picture()[:36, :40]
    expected = imresize(picture, scale)
    height, width = expected.shape[:2]
    np.testing.assert_array_equal(imresize_to(picture, width=width, height=height), expected)


@given(st.integers(1, 99), st.integers(1, 99), st.integers(1, 99))
def test_each_axis_gets_its_own_size(before, width, height):
    resized = imresize_to(np.full((before, 7), 0.7), width=width, height=height)
    assert resized.shape == (height, width)
    np.testing.assert_allclose(resized, 0.7, rtol=0, atol=1e-9)  # the taps sum to 1


def test_a_size_of_nothing_is_refused():
    with pytest.raises(OptionError, match="size is 0x3"):
        imresize_to(np.zeros((4, 4)), width=0, height=3)


@pytest.mark.parametrize("scale", [0, -1, float("nan"), float("inf")])
def test_a_scale_that_makes_no_picture_is_refused(scale):
    with pytest.raises(OptionError, match="scale is"):
        imresize(np.zeros((4, 4)), scale)


@pytest.mark.parametrize("shape", [(4,), (2, 4, 4, 3)])
def test_an_array_that_is_no_picture_is_refused(shape):
    with pytest.raises(OptionError, match=f"image has {len(shape)} axes"):
        imresize(np.zeros(shape), 2)
