import json
import math

import numpy as np
import pytest

from tests.golden_case import GOLDEN
from vsfilter.errors import OptionError
from vsfilter.metrics import luma_bt601, psnr, ssim

OPS = GOLDEN / "ops"
CASES = json.loads((OPS / "ops.json").read_text())["metrics"]

# The official PSNR is computed in float64 too; the official luma goes through float32 in [0, 1],
# which moves a picture's PSNR by up to 1e-6 of itself. The official SSIM takes cv2's Gaussian,
# whose float64 taps differ from exp() in the last digits.
RELATIVE = 1e-6


def read_pair():
    """Read the two golden pictures, (h, w, 3) uint8, from BGR into RGB."""
    return [np.load(OPS / f"metric_{name}_u8.npy")[..., ::-1] for name in "ab"]


def options(case):
    return {"crop": case["crop_border"], "luma": case["test_y_channel"]}


@pytest.mark.parametrize("case", CASES, ids=str)
def test_psnr_equals_the_official_one(case):
    a, b = read_pair()
    assert psnr(a, b, **options(case)) == pytest.approx(case["psnr"], rel=RELATIVE)


@pytest.mark.parametrize("case", CASES, ids=str)
def test_ssim_equals_the_official_one(case):
    a, b = read_pair()
    assert ssim(a, b, **options(case)) == pytest.approx(case["ssim"], rel=RELATIVE)


def test_the_order_of_the_two_pictures_does_not_matter():
    a, b = read_pair()
    assert psnr(a, b) == psnr(b, a)
    assert ssim(a, b) == pytest.approx(ssim(b, a), rel=1e-12)  # sums in another order


def test_equal_pictures_have_infinite_psnr_and_an_ssim_of_one():
    a, _ = read_pair()
    assert psnr(a, a.copy(), luma=True) == math.inf
    assert ssim(a, a.copy(), luma=True) == 1


def test_bytes_do_not_wrap_around():
    dark, bright = np.zeros((16, 16), np.uint8), np.full((16, 16), 255, np.uint8)
    assert psnr(dark, bright) == 0


def test_floats_and_bytes_of_the_same_values_measure_the_same():
    a, b = read_pair()
    assert psnr(a.astype(np.float32), b) == psnr(a, b)
    assert ssim(a.astype(np.float64), b) == ssim(a, b)


def test_a_known_error_has_a_known_psnr():
    a = np.zeros((16, 16, 3))
    assert psnr(a, a + 2.55) == pytest.approx(40)


def test_a_border_that_is_left_out_does_not_count():
    a, _ = read_pair()
    spoilt = a.copy()
    spoilt[:3] = spoilt[-3:] = spoilt[:, :3] = spoilt[:, -3:] = 0
    assert psnr(a, spoilt, crop=3) == math.inf
    assert psnr(a, spoilt, crop=2) < math.inf
    assert ssim(a, spoilt, crop=3) == 1


def test_gray_pictures_are_their_own_luma():
    a, b = (picture[..., 1] for picture in read_pair())
    assert psnr(a, b, luma=True) == psnr(a, b)


def test_luma_is_that_of_limited_range():
    colours = np.array([[[0, 0, 0], [255, 255, 255], [255, 0, 0], [0, 255, 0], [0, 0, 255]]])
    expected = [[16, 235, 16 + 65.481, 16 + 128.553, 16 + 24.966]]
    np.testing.assert_allclose(luma_bt601(colours), expected, rtol=1e-12)


@pytest.mark.parametrize("measure", [psnr, ssim])
@pytest.mark.parametrize(
    ("a", "b", "settings", "reason"),
    [
        ((16, 16), (16, 17), {}, "differ in shape"),
        ((16,), (16,), {}, "shape"),
        ((2, 16, 16, 3), (2, 16, 16, 3), {}, "shape"),
        ((16, 16, 4), (16, 16, 4), {"luma": True}, "shape"),
        ((16, 16), (16, 16), {"crop": 8}, "leaves nothing"),
        ((16, 16), (16, 16), {"crop": -1}, "-1"),
    ],
)
def test_pictures_that_cannot_be_compared_are_refused(measure, a, b, settings, reason):
    with pytest.raises(OptionError, match=reason):
        measure(np.zeros(a), np.zeros(b), **settings)


def test_ssim_needs_eleven_pixels_a_side():
    ssim(np.zeros((11, 11)), np.zeros((11, 11)))
    with pytest.raises(OptionError, match="at least 11 px"):
        ssim(np.zeros((11, 10)), np.zeros((11, 10)))
    with pytest.raises(OptionError, match="at least 11 px"):
        ssim(np.zeros((16, 16)), np.zeros((16, 16)), crop=3)
