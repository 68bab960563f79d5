import json
import math

import numpy as np
import pytest

from tests.golden_case import GOLDEN
from vsfilter.errors import OptionError
from vsfilter_train.kernels import gaussian, generalized_gaussian, plateau, sinc

OPS = GOLDEN / "ops"
ITEMS = json.loads((OPS / "ops.json").read_text())["kernels"]["items"]
SHAPED = {"generalized_gaussian": generalized_gaussian, "plateau": plateau}


def make(item):
    size = item["kernel_size"]
    if item["type"] == "sinc":
        kernel = sinc(size, item["cutoff"])
        return np.pad(kernel, max(0, item["pad_to"] - size) // 2)
    sigma_y = item["sig_x"] if item["isotropic"] else item["sig_y"]
    shape = (size, item["sig_x"], sigma_y, item["theta"])
    if item["type"] == "gaussian":
        return gaussian(*shape)
    return SHAPED[item["type"]](*shape, beta=item["beta"])


@pytest.mark.parametrize("item", ITEMS, ids=lambda item: item["name"])
def test_kernels_equal_the_published_ones(item):
    with np.load(OPS / "kernels.npz") as expected:
        kernel = make(item)
        assert kernel.dtype == np.float64
        np.testing.assert_allclose(kernel, expected[item["name"]], atol=1e-7)
    assert kernel.sum() == pytest.approx(1, abs=1e-12)


def test_a_kernel_of_one_pixel_does_nothing():
    for kernel in (gaussian(1, 2, 2), plateau(1, 2, 2, beta=2), sinc(1, 1.0)):
        np.testing.assert_array_equal(kernel, [[1.0]])


def test_the_angle_turns_the_long_axis_down():
    kernel = gaussian(15, 4, 0.5, math.pi / 4)
    assert kernel[11, 11] > 10 * kernel[11, 3]


@pytest.mark.parametrize(
    ("make_wrong", "reason"),
    [
        (lambda: gaussian(8, 1, 1), "kernel size is 8: give an odd number"),
        (lambda: gaussian(7, 0, 1), "sigma_x is 0"),
        (lambda: gaussian(7, 1, math.nan), "sigma_y is nan"),
        (lambda: plateau(7, 1, 1, beta=0), "beta is 0"),
        (lambda: sinc(7, 4.0), "cutoff is 4.0"),
    ],
)
def test_values_out_of_range_are_refused(make_wrong, reason):
    with pytest.raises(OptionError, match=reason):
        make_wrong()
